// A name server on loopback: every A question gets 127.0.0.1, every other one an empty answer; or silence, from when the
// test says so on.
import dgram from 'node:dgram';

const kTypeA = 1;
const kHeader = 12;

/** The end of the question that begins behind the header: its labels, type and class. */
function endOfQuestion(query) {
  let at = kHeader;
  while (query[at] !== 0) at += query[at] + 1;
  return at + 5;
}

function answerTo(query) {
  const question = query.subarray(kHeader, endOfQuestion(query));
  const isA = question.readUInt16BE(question.length - 4) === kTypeA;
  const header = Buffer.from(query.subarray(0, kHeader));
  header.writeUInt16BE(0x8180, 2); // a response, recursion desired and available
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isA ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  // The name is a pointer to the question; class IN; kept for 0 s; four bytes of address.
  const record = Buffer.from([0xc0, 0x0c, 0, kTypeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat(isA ? [header, question, record] : [header, question]);
}

/** Listens on port 53 of `address`, which takes root. `questions` counts what came. */
export async function startNameServer(address) {
  const server = { silent: false, questions: 0 };
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => {
    ++server.questions;
    if (!server.silent) socket.send(answerTo(query), from.port, from.address);
  });
  await new Promise((resolve, reject) => socket.once('error', reject).bind(53, address, resolve));
  server.close = () => socket.close();
  return server;
}
