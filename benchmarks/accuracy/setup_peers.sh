#!/bin/sh
# Make an environment for each peer in the folder given: sh benchmarks/accuracy/setup_peers.sh DIR
set -eu
mkdir -p "$1"
cd "$1"
python="${PYTHON:-python3}"

make() {
    [ -d "$1" ] || "$python" -m venv "$1"
    name="$1"
    shift
    "$name/bin/python" -m pip install --quiet "$@"
}

# torch first and exactly, else pip fetches the builds for CUDA.
make cellpose torch==2.13.0
make cellpose cellpose==3.1.1.3 tifffile
make stardist tensorflow-cpu==2.21.0 stardist==0.9.2 tifffile
make embedseg torch==2.13.0
# EmbedSeg 0.2.5 calls functions that later numpy, scipy and tifffile have dropped.
make embedseg EmbedSeg==0.2.5 numpy==1.26.4 "scipy<1.15" "scikit-image<0.25" tifffile==2022.4.8
# Its wheel holds the modules, but not the package that they import each other by.
packages=$(embedseg/bin/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")
ln -sfn . "$packages/EmbedSeg"
