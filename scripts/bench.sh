#!/bin/sh
# The benchmarks of speed. Those that train for long are run by hand: see benchmarks/README.md.
set -eu
cd "$(dirname "$0")/.."
for name in start_up loss_speed training_step tiling clustering_speed; do
    printf '\n## %s\n\n' "$name"
    .venv/bin/python "benchmarks/$name.py"
done
