#!/bin/sh
# Every check, in the order of how soon they fail.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }

step "format and lint"
$bin/ruff format --check src tests benchmarks
$bin/ruff check src tests benchmarks
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
$bin/python -m pytest -q
