#!/usr/bin/env bash
# tools/check_wheel.sh WHEEL [PYTHON]: whether a wheel works where nothing else is installed.
# In an environment of its own it trains, resumes, evaluates, draws, films and loads. It then says what weighs.
set -euo pipefail

if [[ $# -lt 1 || ! -f "$1" ]]; then
    echo "usage: tools/check_wheel.sh WHEEL [PYTHON]" >&2
    exit 2
fi
wheel="$(realpath "$1")"
here="$(realpath "$(dirname "$0")")"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
"${2:-python3}" -m venv "$place/venv"
# shellcheck disable=SC1091
source "$place/venv/bin/activate"
unset PYTHONPATH
export XDG_CACHE_HOME="$place/cache" JAX_PLATFORMS=cpu
pip install --quiet --disable-pip-version-check "$wheel"
pip check --disable-pip-version-check

cd "$place"
qlax --version
qlax envs >envs.txt
grep -q 'pip install "qlax\[gymnax\]"' envs.txt
qlax train MountainCar-v0 --steps 1500 --eval-episodes 2 --out run
qlax resume run --steps 2000
qlax eval run --episodes 2
qlax explain run --out explained
qlax film run --out play.mp4
qlax report run --out page.html
python -W error - <<'PROGRAM'
import sys

import numpy as np

import qlax

assert "site-packages" in qlax.__file__, qlax.__file__
assert "jax" not in sys.modules, "import qlax loads no jax"
policy = qlax.load("run")
assert policy.predict(np.array([-0.5, 0.0], np.float32)) in (0, 1, 2)
assert not {"gymnax", "pandas", "seaborn"} & set(sys.modules)
PROGRAM
test -s play.mp4
test -s page.html

python "$here/weigh.py"
