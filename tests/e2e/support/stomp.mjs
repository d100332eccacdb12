// An independent client of STOMP 1.2.
import { connect } from 'node:net';

/** As much of STOMP 1.2 as a reader needs. */
export class Stomp {
  static async connect(port, user, password) {
    const client = new Stomp(connect(port, '127.0.0.1'));
    client.write(`CONNECT\naccept-version:1.2\nhost:localhost\nlogin:${user}\npasscode:${password}\n\n\0`);
    const first = await client.next(10_000);
    if (first?.command !== 'CONNECTED') throw new Error(`no login: ${first?.headers.message}`);
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    this.came = Buffer.alloc(0);
    socket.on('data', (bytes) => { this.came = Buffer.concat([this.came, bytes]); this.wake?.(); });
    socket.on('error', () => {});
  }

  /** Takes out what a queue holds, as `{headers, body}`, until nothing has come for so long; then closes. */
  async drain(queue, quiet) {
    this.write(`SUBSCRIBE\nid:0\ndestination:/queue/${queue}\nack:client\nconsumer-window-size:-1\n\n\0`);
    const messages = [];
    let ack;
    for (let frame = await this.next(quiet); frame; frame = await this.next(quiet)) {
      if (frame.command === 'ERROR') throw new Error(frame.headers.message);
      messages.push(frame);
      ack = this.raw.ack;
      if (messages.length % 100 === 0) this.write(`ACK\nid:${ack}\n\n\0`);
    }
    if (ack !== undefined) {
      this.write(`ACK\nid:${ack}\nreceipt:last\n\n\0`);
      await this.next(5_000);
    }
    this.close();
    return messages;
  }

  write(bytes) { this.socket.write(bytes); }
  close() { this.socket.destroy(); }

  /** The next frame; undefined when none comes for so long. */
  async next(quiet) {
    const until = Date.now() + quiet;
    while (true) {
      const frame = this.cut();
      if (frame) return frame;
      const left = until - Date.now();
      if (left <= 0) return undefined;
      await new Promise((answer) => {
        const timer = setTimeout(answer, left);
        this.wake = () => { clearTimeout(timer); answer(); };
      });
    }
  }

  cut() {
    let at = 0;
    while (this.came[at] === 10) ++at;
    const blank = this.came.indexOf('\n\n', at);
    if (blank < 0) return undefined;
    const [command, ...lines] = this.came.subarray(at, blank).toString().split('\n');
    this.raw = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
    const length = this.raw['content-length'];
    const end = length === undefined ? this.came.indexOf(0, blank) : blank + 2 + Number(length);
    if (end < 0 || end >= this.came.length) return undefined;
    const body = this.came.subarray(blank + 2, end).toString();
    this.came = this.came.subarray(end + 1);
    const headers = Object.fromEntries(Object.entries(this.raw).map(([name, value]) => [name, value.replaceAll('\\c', ':').replaceAll('\\\\', '\\')]));
    return { command, headers, body };
  }
}
