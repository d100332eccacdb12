// Which process has a connection.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether the process has the connection of this local port to that server; others may have the same port to another. */
export function ownsPort(pid, port, server) {
  const [local, remote] = [port, server].map((each) => `:${each.toString(16).toUpperCase().padStart(4, '0')}`);
  const line = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((each) => each.trim().split(/\s+/))
    .find(([, address, other]) => address?.endsWith(local) && other?.endsWith(remote));
  return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${line?.[9]}]`);
}
