#!/bin/sh
# boot.sh LAYERS STATE CGROUP: becomes the init of a machine whose files are those of LAYERS (folders, the upper one
# first), and what is written those of STATE. Runs in namespaces of its own, as their first process; the network is
# that of whoever starts it.
set -eu
layers=$1 state=$2 cgroup=$3 root=$2/root

mount -t overlay -o "lowerdir=$layers,upperdir=$state/upper,workdir=$state/work" overlay "$root"
mkdir -p "$root/var/lib/docker"
# An overlay can't hold the upper folders of others.
mount --bind "$state/docker" "$root/var/lib/docker"

mkdir "$state/cgroup"
mount -t cgroup2 cgroup2 "$state/cgroup"
mkdir "$state/cgroup/$cgroup"
echo $$ >"$state/cgroup/$cgroup/cgroup.procs"

cd "$root"
mount -t proc proc proc
# What belongs to the kernel is everybody's, but for the network.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind /proc/sys/net proc/sys/net
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

exec unshare --cgroup sh -euc '
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  pivot_root . mnt
  umount -l mnt
  exec env -i container=test /lib/systemd/systemd --log-target=console --show-status=no
'
