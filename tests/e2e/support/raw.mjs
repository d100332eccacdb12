// Bytes on a TCP connection, for what no HTTP client would send.
import { connect } from 'node:net';

/**
 * Sends `bytes` and collects everything that comes back until the peer closes, or until nothing has come for `quiet` ms
 * after at least one reply (a peer that keeps the connection says nothing more: there is no state to observe).
 * @returns {Promise<{text: string, statuses: number[], closed: boolean}>}
 */
export function exchange(port, bytes, { quiet = 700, timeout = 8_000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks = [];
    let silence;
    const finish = (closed) => {
      clearTimeout(silence);
      clearTimeout(limit);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) ?[^\r\n]*\r\n/g)].map((match) => Number(match[1]));
      resolve({ text, statuses, closed });
    };
    const limit = setTimeout(() => finish(false), timeout);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(silence);
      silence = setTimeout(() => finish(false), quiet);
    });
    socket.on('close', () => finish(true));
    socket.on('error', (error) => (chunks.length > 0 || error.code === 'ECONNRESET' ? finish(true) : reject(error)));
  });
}
