#!/bin/sh
# Every check, in the order of how soon they fail.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }

step "format and lint"
$bin/ruff format --check src tests benchmarks recipes
$bin/ruff check src tests benchmarks recipes
step "types"
$bin/mypy
step "import layers"
$bin/lint-imports
step "workflow and manifest"
$bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml
$bin/npe2 validate napari-discembed
step "the wheel, installed without Qt and napari"
sh scripts/headless.sh
step "tests"
window="from qtpy.QtWidgets import QApplication; QApplication([])"
screen=""
if [ -z "${DISPLAY:-}" ] && [ "$(uname)" = Linux ] && command -v xvfb-run >/dev/null 2>&1; then
    screen='xvfb-run -a -s "-screen 0 1600x1000x24"'
fi
rest="$bin/python -m pytest -q --ignore=tests/widgets -p no:pytest-qt"
if ! eval "$screen" $bin/python -c "'$window'" >/dev/null 2>&1; then
    echo "Qt opens no window here: the tests of the plugin are left out. See scripts/setup.sh."
    $rest
    exit
fi
# Both halves at once: each of them takes one processor.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
$rest -p no:cacheprovider >"$log" 2>&1 &
beside=$!
failed=0
eval "$screen" $bin/python -m pytest -q tests/widgets || failed=1
wait "$beside" || failed=1
cat "$log"
exit "$failed"
