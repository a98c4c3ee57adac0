#!/bin/bash
# A Slurm cluster of this one machine, in a folder of its own, for as long as a command runs:
#   one_node_slurm.sh FOLDER COMMAND...
# FOLDER is new; in COMMAND's environment sbatch finds this cluster. Everything that was started
# here is ended again. Exit code: the command's; 3 if the cluster does not come up.
set -u
folder=$1
shift
mkdir -p "$folder"/{state,spool,munge}
chmod 0755 "$folder"
chmod 0700 "$folder/munge"
host=$(hostname -s)
port=$((20000 + RANDOM % 20000))
cores=$(nproc)
head -c 1024 /dev/urandom > "$folder/munge/key"
chmod 0600 "$folder/munge/key"
cat > "$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/linear
ReturnToService=2
SchedulerParameters=sched_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
CONF
export SLURM_CONF="$folder/slurm.conf"
started=()
stop() {
  for (( i = ${#started[@]} - 1; i >= 0; --i )); do kill "${started[i]}" 2> /dev/null; done
  for process in "${started[@]}"; do wait "$process" 2> /dev/null; done
}
trap stop EXIT
munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" \
  > "$folder/munge/out" 2>&1 &
started+=($!)
slurmctld -D > "$folder/slurmctld.out" 2>&1 &
started+=($!)
slurmd -D -N "$host" > "$folder/slurmd.out" 2>&1 &
started+=($!)
for (( tries = 0; tries < 300; ++tries )); do
  [[ $(sinfo --noheader --format=%t 2> /dev/null) == idle ]] && break
  sleep 0.1
done
if (( tries == 300 )); then
  tail -n 5 "$folder"/munge/log "$folder"/slurmctld.out "$folder"/slurmd.out >&2
  exit 3
fi
"$@"
