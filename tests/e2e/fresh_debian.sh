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
receiver=

fail() {
  echo "fresh: $*" >&2
  exit 1
}

clean_up() {
  if [ -n "$receiver" ]; then kill -TERM "$receiver" 2>/dev/null || true; fi
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

# block <n>: the n-th block of commands in the README's first walk, as it stands there.
block() {
  awk -v wanted="$1" '/<!-- test:first-notification -->/ { walk = 1 } /<!-- \/test:first-notification -->/ { walk = 0 }
    walk && /^```sh/ { seen++; inside = 1; next } /^```/ { inside = 0 } walk && inside && seen == wanted' "$root/root/lull/README.md"
}

# The README's second and third terminal; returns when the notification is printed, and checks it.
first_notification() {
  (cd / && exec "${in_root[@]}" bash -c "cd /root/lull && exec $(block 2)") >"$root/listen.log" 2>&1 &
  receiver=$!
  until grep -q '^Listening' "$root/listen.log"; do kill -0 "$receiver" || fail "the receiver ended"; sleep 0.1; done
  inside bash -c "cd /root/lull && set -e; $(block 3)" >"$root/commands.log" || { cat "$root/commands.log"; fail "the README's commands failed"; }
  until grep -q '^{"ChangeType"' "$root/listen.log"; do kill -0 "$receiver" || fail "the receiver ended"; sleep 0.1; done
}

check_notification() {
  local id secret
  id=$(sed -n 's/.*"id":"\(ep_[^"]*\)".*/\1/p' "$root/commands.log" | head -n 1)
  secret=$(curl -fsS "$address/api/v1/endpoints/$id/secret" | sed 's/.*"secret":"\([^"]*\)".*/\1/')
  [ "$(grep -c '^POST ' "$root/listen.log")" -eq 1 ] || { cat "$root/listen.log"; fail "not exactly one notification"; }
  grep -qi '^  X-Tenant: acme' "$root/listen.log" || fail "the custom header is missing"
  # Verified by the npm package, on what the receiver printed.
  # shellcheck disable=SC2016 # the dollar signs are JavaScript
  (cd "$repository/tests/e2e" && node -e '
    const { Webhook } = require("standardwebhooks");
    const text = require("fs").readFileSync(process.argv[1], "utf8");
    const header = (name) => new RegExp(`^  ${name}: (.*)$`, "mi").exec(text)[1];
    const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    new Webhook(process.argv[2]).verify(/^\{"ChangeType".*$/m.exec(text)[0], Object.fromEntries(names.map((n) => [n, header(n)])));
  ' "$root/listen.log" "$secret") || fail "standardwebhooks does not verify the signature"
  echo "  one notification for the burst of 20, custom header present, signature verified by standardwebhooks:"
  grep -E '^\{"ChangeType"|Lull-Event-Count|Lull-Sequence' "$root/listen.log" | sed 's/^ */    /'
}

stop_receiver() {
  kill -TERM "$receiver"
  wait "$receiver" || true
  receiver=
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
  local cold=$SECONDS
  timed "./dev run until ready, cold (packages, build, start)" run_until_ready
  grep -E ' … |^Starting' "$root/run.log" | sed 's/^/  /' | cut -c 1-110
  timed "The README's commands until the notification" first_notification
  check_notification
  echo "From clone to notification, cold: $((SECONDS - cold)) s"
  stop_receiver
  stop_service
  rm -rf "$root/root/lull/data"  # the walk registers its receiver anew
  local built=$SECONDS
  timed "./dev run until ready, built" run_until_ready
  timed "The README's commands until the notification" first_notification
  check_notification
  echo "From ./dev run to notification, built: $((SECONDS - built)) s"
  stop_receiver
  stop_service
}

main "$@"
