#!/usr/bin/env bash
# Builds deploy/Dockerfile without a container engine: buildah in a chroot, on a Debian 12 that debootstrap makes and that
# gets the name in FROM. `./dev image`, as root. The image stays in build/image/storage and is written as an OCI archive to
# build/image/lull.oci, which podman, docker and skopeo load.
#
#   LULL_IMAGE_MIRROR=<url>   take Debian from there
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly work=$PWD/build/image
readonly base=docker.io/library/debian:12-slim
readonly mirror=${LULL_IMAGE_MIRROR:-http://deb.debian.org/debian}
store=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)

fail() {
  echo "image: $*" >&2
  exit 1
}

# What the Dockerfile's FROM names. Certificates that this machine trusts besides Debian's, such as a proxy's, go into it:
# without them the build cannot reach the registry of npm.
make_base() {
  ! "${store[@]}" inspect --type image "$base" >/dev/null 2>&1 || return 0
  local root=$work/base container
  rm -rf --one-file-system "$root"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log"; fail "debootstrap failed"; }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  # No service is started while packages are installed.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  container=$("${store[@]}" from scratch)
  "${store[@]}" copy -q "$container" "$root" / >/dev/null
  "${store[@]}" config --cmd /bin/bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  "${store[@]}" commit -q --rm "$container" "$base" >/dev/null
  rm -rf --one-file-system "$root"
}

[ "$(id -u)" -eq 0 ] || fail "needs root (chroot)"
mkdir -p "$work"
make_base
"${store[@]}" bud --isolation chroot --pull-never --layers=false -f deploy/Dockerfile -t lull "$@" . >"$work/build.log" 2>&1 ||
  { tail -n 60 "$work/build.log"; fail "the build failed; all of its output is in $work/build.log"; }
rm -f "$work/lull.oci"
"${store[@]}" push -q lull "oci-archive:$work/lull.oci:lull" >/dev/null
size=$("${store[@]}" images --format '{{.Size}}' localhost/lull:latest)
echo "Image lull: $size unpacked, $(du -h "$work/lull.oci" | cut -f 1) packed ($work/lull.oci)"
