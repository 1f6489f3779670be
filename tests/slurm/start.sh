#!/usr/bin/env bash
# A SLURM of one node on this machine, for the tests that need one (Debian: apt-get install slurm-wlm munge; as root):
#
#     tests/slurm/start.sh DIR && pytest -m slurm && tests/slurm/start.sh DIR stop
set -euo pipefail

dir=$(mkdir -p "$1" && cd "$1" && pwd)
if [ "${2:-}" = stop ]; then
    pkill -x slurmd || true
    pkill -x slurmctld || true
    pkill -x munged || true
    exit 0
fi

host=$(hostname -s)
mkdir -p /run/munge "$dir/state" "$dir/spool"
[ -s /etc/munge/munge.key ] || { dd if=/dev/urandom of=/etc/munge/munge.key bs=64 count=1 status=none; }
chown -R munge: /run/munge /etc/munge /var/lib/munge /var/log/munge
chmod 755 /run/munge
chmod 400 /etc/munge/munge.key
pgrep -x munged >/dev/null || runuser -u munge -- munged

memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
MpiDefault=none
ReturnToService=2
KillWait=60
RequeueExit=143
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
pgrep -x slurmctld >/dev/null || slurmctld
pgrep -x slurmd >/dev/null || slurmd
for _ in $(seq 30); do
    sinfo -h -o %T 2>/dev/null | grep -q '^idle\|^mixed\|^allocated' && exit 0
    sleep 1
done
echo "the node did not come up: $dir/slurmctld.log, $dir/slurmd.log" >&2
exit 1
