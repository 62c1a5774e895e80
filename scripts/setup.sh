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

# What Qt and OpenGL need, and a screen that is none for the tests of the plugin.
system="xvfb xauth libegl1 libgl1 libgl1-mesa-dri libxcb-cursor0 libxcb-icccm4 libxcb-image0
libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1
libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0"
if command -v dpkg-query >/dev/null 2>&1; then
    missing=""
    for package in $system; do
        dpkg-query -W -f='${Status}' "$package" "${package}t64" 2>/dev/null | grep -q "ok installed" ||
            missing="$missing $package"
    done
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    # shellcheck disable=SC2086
    if [ -n "$missing" ] && { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
        echo "Installing the system packages that Qt needs:$missing"
        $sudo env DEBIAN_FRONTEND=noninteractive sh -c "
            apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null" ||
            echo "They could not be installed: the plugin's tests will be left out."
    elif [ -n "$missing" ]; then
        echo "The plugin and its tests need:$missing"
        echo "Install them with: sudo apt install$missing"
    fi
elif [ "$(uname)" = Linux ]; then
    echo "The plugin and its tests need Xvfb and the libraries of Qt 6 for X11 (libxcb-cursor, libEGL)."
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
pip=".venv/bin/python -m pip --disable-pip-version-check"
# torch first and by its exact version: left to the resolver, Linux would get gigabytes of CUDA.
$pip install -q "$(grep '^torch==' constraints.txt)"
$pip install -q -c constraints.txt -e ".[dev]"
touch .venv/ready
