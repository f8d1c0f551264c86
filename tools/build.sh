#!/usr/bin/env bash
# tools/build.sh [FOLDER]: the sdist of this commit, and from it the wheel, in FOLDER (default: dist).
# The same commit gives the same bytes: times in them are the commit's, or SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "$0")/.."

folder="${1:-dist}"
if [[ -n "$(git status --porcelain)" ]]; then
    echo "There are changes that are not committed: a release is built from a commit." >&2
    exit 2
fi
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
umask 022
python -m build --outdir "$folder"
python -m twine check --strict "$folder"/qlax-*
(cd "$folder" && sha256sum qlax-*)
