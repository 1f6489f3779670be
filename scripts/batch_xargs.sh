#!/usr/bin/env bash
# GyPSUM on a list of images, several at a time, with nothing but xargs:
#
#     scripts/batch_xargs.sh images.txt maps [AT_A_TIME]
#
# The same call again makes only what is missing. Exit 5 if an image failed; maps/IMAGE/log says why.
set -euo pipefail

list=$1 out=$2 at_a_time=${3:-2}
export out

one() {
    image=$1
    name=$(basename "${image%.*}")
    dir="$out/$name"
    mkdir -p "$dir"
    {
        hsicli preprocess "$image" "$dir/preprocess.h5" --threads 1 &&
            hsicli hysime "$dir/preprocess.h5" "$dir/hysime.h5" --threads 1 &&
            hsicli cluster "$dir/preprocess.h5" "$dir/cluster.h5" --subspace "$dir/hysime.h5" --threads 1
    } >"$dir/log" 2>&1 || { echo "failed: $image: $(grep -m1 'error: ' "$dir/log" || echo "see $dir/log")" >&2; return 1; }
}
export -f one

grep -v -e '^#' -e '^$' "$list" | tr '\n' '\0' | xargs -0 -n 1 -P "$at_a_time" bash -c 'one "$0"' || exit 5
