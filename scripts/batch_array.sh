#!/usr/bin/env bash
# GyPSUM on a list of images as a SLURM array, one task an image:
#
#     sbatch --array=1-$(grep -c . images.txt) scripts/batch_array.sh images.txt maps
#
# Two minutes before its time is over a task is told to stop, saves its state, and is queued again.
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=02:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
set -euo pipefail

list=$1 out=$2
image=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$list")
dir="$out/$(basename "${image%.*}")"
threads=${SLURM_CPUS_PER_TASK:-1}
mkdir -p "$dir"

again() {  # 143: stopped, its state saved
    code=$?
    [ "$code" -eq 143 ] && scontrol requeue "${SLURM_JOB_ID}"
    exit "$code"
}
trap again ERR

hsicli preprocess "$image" "$dir/preprocess.h5" --threads "$threads"
hsicli hysime "$dir/preprocess.h5" "$dir/hysime.h5" --threads "$threads"
hsicli cluster "$dir/preprocess.h5" "$dir/cluster.h5" --subspace "$dir/hysime.h5" --threads "$threads"
