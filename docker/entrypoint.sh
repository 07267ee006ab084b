#!/bin/sh
# Puts the image's models into the volume, where nvinfer keeps the engines that it builds from them,
# and runs edgeact. nvinfer loads an engine by its name alone, so the engines of a model that
# another version of the image has changed are removed.
set -eu

shipped=${EDGEACT_SHIPPED:-/usr/share/edgeact/models}
models=${EDGEACT_MODELS:-/var/lib/edgeact/engines/models}

for file in "$shipped"/*; do
    kept="$models/${file##*/}"
    cmp -s "$file" "$kept" && continue
    rm -f "$kept"_b*
    cp "$file" "$kept"
done
exec edgeact "$@"
