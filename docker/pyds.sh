#!/bin/sh
# Puts the wheel of pyds that fits a DeepStream version into a folder:
#   pyds.sh DS_VERSION FOLDER [BRANCH]
# A wheel of another version reads metadata at wrong places, so there is no default.
# BRANCH of deepstream_python_apps is for 9.x, where NVIDIA gives no wheels. Exit code 2: unknown.
set -eu

deepstream=$1 folder=$2 branch=${3:-master}
machine=$(uname -m)
releases=https://github.com/NVIDIA-AI-IOT/deepstream_python_apps/releases/download

fetch() { # VERSION PYTHON
    wheel="pyds-$1-$2-$2-linux_$machine.whl"
    curl --fail --location --silent --show-error --output "$folder/$wheel" "$releases/v$1/$wheel"
}

mkdir -p "$folder"
case "$deepstream" in
7.1)
    # NVIDIA names no checksum of these two files.
    fetch 1.2.0 cp310
    ;;
8.0)
    # As NVIDIA's own blueprint for video search pins them.
    case "$machine" in
    x86_64) sha256=74e13a6431cbef66b7a27da08658e0e30e7ca84bccb00a25a1a9c969608d3088 ;;
    *) sha256=924bdbefb4dd931e62d7aca0b5967187e91eec618fc064f8239c52e9e4ed3a9b ;;
    esac
    fetch 1.2.2 cp312
    echo "$sha256  $folder/$wheel" | sha256sum --check --quiet
    ;;
9.*)
    home=/opt/nvidia/deepstream/deepstream
    "$home/user_deepstream_python_apps_install.sh" --build-bindings --remote-branch "$branch"
    cp "$home"/sources/deepstream_python_apps/bindings/dist/pyds-*.whl "$folder/"
    ;;
*)
    echo "pyds.sh: DS_VERSION=$deepstream: wanted 7.1, 8.0 or 9.x" >&2
    exit 2
    ;;
esac
