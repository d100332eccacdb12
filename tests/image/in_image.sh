#!/usr/bin/env bash
# in_image.sh <root> <volume> <folder> <command…>: runs the command as a pod's container would: as uid 10001 on a read-only
# root, in <folder>, with a volume on /var/lib/lull, memory on /tmp, this environment and nothing else of the machine but
# its network. Mounts it makes go with the process.
set -euo pipefail
if [ "${IN_IMAGE_NAMESPACE:-}" != yes ]; then IN_IMAGE_NAMESPACE=yes exec unshare --mount -- "$0" "$@"; fi
readonly root=$1 volume=$2 folder=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$volume" "$root/var/lib/lull"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cd "$root"
# shellcheck disable=SC2016 # the inner shell expands them
exec env -u IN_IMAGE_NAMESPACE chroot --userspec=10001:10001 --groups=10001 "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
