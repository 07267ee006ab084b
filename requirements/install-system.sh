#!/bin/sh
# Installs the system packages listed in the files given; does nothing when all are there. A line
# "a|b" wants either: the first that this distribution has.
# Exit code 2: a package cannot be installed; the message says which.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
    echo "edgeact: no apt-get here; install the packages of $* with your own package manager" >&2
    exit 2
fi

alternatives() { # LINE: its packages, one a word
    echo "$1" | tr '|' ' '
}

installed() { # LINE: is one of its packages there?
    for package in $(alternatives "$1"); do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null |
            grep -qx installed && return 0
    done
    return 1
}

to_install() { # LINE: the package to ask apt for
    for package in $(alternatives "$1"); do
        if [ "$package" = "$1" ] ||
            LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]'; then
            echo "$package"
            return
        fi
    done
    echo "$1"
}

lines=""
for line in $(grep -hv '^#' "$@"); do
    installed "$line" || lines="$lines $line"
done
[ -n "$lines" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "edgeact: these packages are missing and there is no sudo; as root, run:" >&2
        echo "  apt-get install$(for line in $lines; do printf ' %s' "$(to_install "$line")"; done)" >&2
        exit 2
    fi
    as_root="sudo"
fi
$as_root apt-get update -qq || true # an old list may still do
missing=""
for line in $lines; do
    missing="$missing $(to_install "$line")"
done
echo "edgeact: installing$missing" >&2
# shellcheck disable=SC2086
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null; then
    echo "edgeact: a system package cannot be installed; wanted:$missing" >&2
    exit 2
fi
