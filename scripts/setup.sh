#!/bin/sh
# Make .venv with the pinned versions that the checks and the demo use.
set -eu
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=""
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14; do
    if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer with venv is needed and was not found." >&2
    echo "On Debian or Ubuntu: apt install python3 python3-venv. Or set PYTHON=/path/to/python." >&2
    exit 1
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
pip=".venv/bin/python -m pip --disable-pip-version-check"
# torch first and by its exact version: left to the resolver, Linux would get gigabytes of CUDA.
$pip install -q "$(grep '^torch==' constraints.txt)"
$pip install -q -c constraints.txt -e ".[dev]"
touch .venv/ready
