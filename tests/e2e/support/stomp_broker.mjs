// As much of a broker of STOMP 1.2 as a sender needs: it lets everybody in, and sends the receipts that are asked for.
import { createServer } from 'node:net';
import { defer } from './cleanup.mjs';

export async function startStompBroker() {
  const broker = new StompBroker();
  await broker.start();
  defer(() => broker.stop());
  return broker;
}

class StompBroker {
  port = 0;
  connections = new Set();

  /** Listens, after stop() at the port of before. */
  async start() {
    this.server = createServer((socket) => {
      this.connections.add(socket);
      socket.on('close', () => this.connections.delete(socket)).on('error', () => {});
      let came = '';
      socket.on('data', (bytes) => {
        const frames = (came + bytes).split('\0');
        came = frames.pop();
        for (const frame of frames) socket.write(this.answerTo(frame.trimStart()));
      });
    });
    await new Promise((ready) => this.server.listen(this.port, '127.0.0.1', ready));
    this.port = this.server.address().port;
  }

  answerTo(frame) {
    if (/^(CONNECT|STOMP)\n/.test(frame)) return 'CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0';
    const receipt = /\nreceipt:(.*)\n/.exec(frame);
    return receipt ? `RECEIPT\nreceipt-id:${receipt[1]}\n\n\0` : '';
  }

  /** As one that is killed: nobody is told, and nobody is let in any more. */
  async stop() {
    const closed = new Promise((done) => this.server.close(done));
    for (const socket of this.connections) socket.destroy();
    await closed;
  }

  /** The settings of a Lull that knows it by this name. */
  settings(name, at = 0) {
    return {
      [`Brokers:${at}:Name`]: name, [`Brokers:${at}:Url`]: `amqp:127.0.0.1 port:${this.port}`, [`Brokers:${at}:Protocol`]: 'Stomp',
      [`Brokers:${at}:Username`]: 'lull', [`Brokers:${at}:Password`]: 'hare-and-hounds',
    };
  }
}
