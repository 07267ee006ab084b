#!/bin/sh
# Makes what the containers need and nobody may share: a certificate authority, the broker's
# certificate, passwords, the site's file, and .env for docker compose.
#
#   docker/first-start.sh cpu
#   docker/first-start.sh dgpu 8.0 broker.example.net     # DeepStream 8.0; more names of this machine
#   docker/first-start.sh jetson 7.1
#
# All of it goes to docker/local (EDGEACT_LOCAL names another folder), which git does not see. What
# is there already is kept: to have something made anew, remove its file and run this again
# (broker.crt after about two years, NAME.password at any time). Exit code 2: something that you can mend.
set -eu
umask 077

fail() {
    echo "first-start.sh: $1" >&2
    exit 2
}

docker=$(cd "$(dirname "$0")" && pwd)
made=${EDGEACT_LOCAL:-$docker/local}
secrets=$made/secrets
platform=${1:-}
[ $# -eq 0 ] || shift
for program in openssl mosquitto_passwd; do
    command -v "$program" >/dev/null ||
        fail "$program is not installed; install it: apt-get install openssl mosquitto"
done
case "$platform" in
cpu) deepstream="" ;;
dgpu | jetson)
    deepstream=${1:-7.1}
    [ $# -eq 0 ] || shift
    case "$deepstream" in
    7.1 | 8.0 | 9.0 | 9.1) ;;
    *) fail "DeepStream '$deepstream': wanted 7.1, 8.0, 9.0 or 9.1" ;;
    esac
    ;;
*) fail "platform '$platform': wanted cpu, dgpu or jetson" ;;
esac

quietly() { # openssl talks about what goes well, too
    "$@" 2>"$made/said" || fail "$1: $(tail -n 1 "$made/said")"
    rm "$made/said"
}

authority() {
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj "/CN=edgeact authority of $(hostname)" \
        -addext "basicConstraints=critical,CA:TRUE" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$secrets/ca.key" -out "$secrets/ca.crt"
}

certificate() { # NAME...: what clients may call the broker
    names="DNS:broker,DNS:localhost,DNS:$(hostname),IP:127.0.0.1"
    for name in "$@"; do
        case "$name" in
        *[!0-9.]*) names="$names,DNS:$name" ;;
        *) names="$names,IP:$name" ;;
        esac
    done
    quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=broker" \
        -keyout "$secrets/broker.key" -out "$secrets/broker.csr"
    {
        echo "subjectAltName=$names"
        echo "basicConstraints=critical,CA:FALSE"
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=serverAuth"
        echo "authorityKeyIdentifier=keyid"
    } >"$secrets/broker.ext"
    quietly openssl x509 -req -in "$secrets/broker.csr" -CA "$secrets/ca.crt" -CAkey "$secrets/ca.key" \
        -CAcreateserial -days 800 -extfile "$secrets/broker.ext" -out "$secrets/broker.crt"
    rm "$secrets/broker.csr" "$secrets/broker.ext"
}

passwords() {
    : >"$secrets/broker.passwords"
    for user in edgeact reader operator homeassistant; do
        [ -e "$secrets/$user.password" ] || openssl rand -hex 24 >"$secrets/$user.password"
        echo "$user:$(cat "$secrets/$user.password")" >>"$secrets/broker.passwords"
    done
    # Not by -b: a password on a command line is seen by everybody on the machine.
    mosquitto_passwd -U "$secrets/broker.passwords"
}

environment() {
    files=compose.yaml
    case "$platform" in
    cpu) files=$files:compose.cpu.yaml ;;
    *) files=$files:compose.deepstream.yaml:compose.$platform.yaml ;;
    esac
    echo "# Made by first-start.sh; docker compose reads it."
    echo "COMPOSE_PROJECT_NAME=edgeact"
    echo "COMPOSE_FILE=$files"
    echo "EDGEACT_UID=$uid"
    echo "EDGEACT_GID=$gid"
    [ -z "$deepstream" ] || echo "DS_VERSION=$deepstream"
}

# The containers run as whoever owns these files, but never as root.
uid=$(id -u) gid=$(id -g)
[ "$uid" -ne 0 ] || uid=10001 gid=10001
mkdir -p "$secrets" "$made/broker"
[ -e "$secrets/ca.crt" ] || authority
[ -e "$secrets/broker.crt" ] || certificate "$@"
passwords
[ -e "$made/cameras.env" ] || : >"$made/cameras.env"
kind=cpu
[ "$platform" = cpu ] || kind=deepstream
[ -e "$made/site.yaml" ] || sed "s/^platform: .*/platform: $kind/" "$docker/site.yaml" >"$made/site.yaml"
environment >"${EDGEACT_ENV:-$docker/.env}"
[ "$(id -u)" -ne 0 ] || chown -R "$uid:$gid" "$made"
echo "first-start.sh: $made is ready; name your cameras in $made/site.yaml, then: cd $docker && docker compose up -d --build" >&2
