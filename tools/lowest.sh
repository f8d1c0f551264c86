#!/usr/bin/env bash
# tools/lowest.sh [PYTEST ARGUMENTS]: tests with every dependency at the lowest version allowed.
# What pyproject.toml names is installed as old as it may be, on the oldest Python, in an environment of
# its own; what that needs in turn is the newest that fits. Needs uv, which comes with the extra
# `releasing`. EXTRAS names extras to be held to their lowest as well; tests of others are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || { echo 'tools/lowest.sh needs uv: pip install "qlax[releasing]".' >&2; exit 2; }
oldest="$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' pyproject.toml)"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
uv venv --quiet --python "$oldest" "$place"
uv pip install --quiet --python "$place" --resolution lowest-direct \
    --editable ".[${EXTRAS:-gymnax}]" "pytest>=8" "pytest-xdist>=3.6"
uv pip install --quiet --python "$place" flashbax httpx2 nbclient pyte rlax scipy
uv pip list --python "$place"
unset PYTHONPATH
export XDG_CACHE_HOME="$place/cache"
# shellcheck disable=SC1091
source "$place/bin/activate"
if (($# == 0)); then
    set -- tests/cli tests/drivers tests/envs tests/explaining tests/formats tests/observers tests/reporting/test_report.py \
        tests/runs tests/watching/test_worlds.py tests/test_configuration.py tests/test_one_update.py tests/test_parts.py
fi
python -m pytest -q -n 2 "$@"
