#!/bin/sh
# Installs the system packages listed in the files given; does nothing when all are there.
# Exit code 2: a package cannot be installed; the message says which.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
    echo "edgeact: no apt-get here; install the packages of $* with your own package manager" >&2
    exit 2
fi
missing=""
for package in $(grep -hv '^#' "$@"); do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
        grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "edgeact: these packages are missing and there is no sudo; as root, run:" >&2
        echo "  apt-get install$missing" >&2
        exit 2
    fi
    as_root="sudo"
fi
echo "edgeact: installing$missing" >&2
$as_root apt-get update -qq || true # an old list may still do
# shellcheck disable=SC2086
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null; then
    echo "edgeact: a system package cannot be installed; wanted:$missing" >&2
    exit 2
fi
