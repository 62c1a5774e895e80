#!/bin/sh
# Build the wheel, install it where there is no Qt and no napari, and use the command line.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip="$work/venv/bin/python -m pip --disable-pip-version-check"

.venv/bin/python -m build --wheel --outdir "$work" . >"$work/build.log" 2>&1 || {
    cat "$work/build.log"
    exit 1
}
.venv/bin/python -m venv "$work/venv"
$pip install -q "$(grep '^torch==' constraints.txt)"
$pip install -q -c constraints.txt "$work"/*.whl
cd "$work"
venv/bin/python - <<'PYTHON'
import importlib.util

present = [n for n in ("PyQt6", "PySide6", "PyQt5", "napari") if importlib.util.find_spec(n)]
assert not present, f"the base install brings {present}"
PYTHON
venv/bin/discembed --help >/dev/null
venv/bin/discembed info
venv/bin/discembed synth cells --count 1 --output play
venv/bin/discembed segment play/images --model generalist --output results
venv/bin/discembed count results
for file in napari.yaml py.typed weights/nuclei.safetensors weights/rosette.safetensors weights/generalist.safetensors datasets/coins/painted.png; do
    ls venv/lib/python*/site-packages/napari_discembed/"$file" >/dev/null
done
cd "$root"
