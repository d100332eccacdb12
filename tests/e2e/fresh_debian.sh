#!/usr/bin/env bash
# Proves the first steps where nothing is installed: a bare Debian 12 (debootstrap, minbase with git), a clone of what is
# committed here, `./dev run`. Prints the times, cold and built. By hand (`./dev fresh`), as root, some minutes.
#
#   LULL_FRESH_KEEP=1         keep the folder, and print its name
#   LULL_FRESH_MIRROR=<url>   take Debian from there
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly repository
readonly mirror=${LULL_FRESH_MIRROR:-http://deb.debian.org/debian}
readonly address=http://127.0.0.1:8080
root=
in_root=()
service=

fail() {
  echo "fresh: $*" >&2
  exit 1
}

clean_up() {
  if [ -n "$service" ]; then kill -TERM "$service" 2>/dev/null || true; wait "$service" || true; fi
  [ -n "$root" ] || return 0
  umount "$root/proc" "$root/dev" 2>/dev/null || true
  # Never delete through a mount that is still there: it is the machine's own /dev.
  if mountpoint -q "$root/dev" || mountpoint -q "$root/proc" || [ -n "${LULL_FRESH_KEEP:-}" ]; then
    echo "Left in place: $root"
  else
    rm -rf --one-file-system "$root"
  fi
}

# timed <what> <command…>
timed() {
  local what=$1 started=$SECONDS
  shift
  "$@"
  echo "$what: $((SECONDS - started)) s"
}

inside() {
  "${in_root[@]}" "$@"
}

bootstrap() {
  debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 30 "$root.log"; fail "debootstrap failed"; }
  rm "$root.log"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  # Certificates this machine trusts besides Debian's, such as a proxy's; without them npm cannot reach the registry.
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  inside update-ca-certificates >/dev/null 2>&1
  # The processes in here are the machine's own: Debian's redis-server package must not start its daemon among them.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
}

# Starts `./dev run`, as the README says it, and returns when the service is ready.
run_until_ready() {
  # By exec all the way, so that the process is first ./dev and then the service itself.
  (exec "${in_root[@]}" bash -c 'cd /root/lull && exec ./dev run') >"$root/run.log" 2>&1 &
  service=$!
  until curl -fsS -o /dev/null "$address/healthz/ready" 2>/dev/null; do
    kill -0 "$service" 2>/dev/null || { service=; tail -n 60 "$root/run.log"; fail "./dev run ended"; }
    sleep 0.1
  done
}

stop_service() {
  local status=0
  kill -TERM "$service"
  wait "$service" || status=$?
  service=
  [ "$status" -eq 0 ] || { tail -n 30 "$root/run.log"; fail "SIGTERM ended the service with $status"; }
}

main() {
  [ "$(id -u)" -eq 0 ] || fail "needs root (chroot, mount)"
  command -v debootstrap >/dev/null || fail "needs debootstrap: apt-get install debootstrap"
  ! curl -s -o /dev/null "$address" || fail "something listens on $address already"
  root=$(mktemp -d /var/tmp/lull-fresh-XXXXXX)
  trap clean_up EXIT
  in_root=(chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  timed "Bare Debian 12" bootstrap
  timed "Clone" git clone --quiet --no-local "$repository" "$root/root/lull"
  timed "./dev run until ready, cold (packages, build, start)" run_until_ready
  grep -E ' … |^Starting' "$root/run.log" | sed 's/^/  /' | cut -c 1-110
  stop_service
  timed "./dev run until ready, built" run_until_ready
  stop_service
}

main "$@"
