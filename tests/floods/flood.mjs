// The floods, in a process of their own so that they do not slow down who measures: node flood.mjs <json>. It says
// "flooding" when all of them run, and ends when its parent does or kills it.
import http from 'node:http';
import { connect } from 'node:net';

const { port, crud, silent, names } = JSON.parse(process.argv[2]);
const idleConnections = 6_000;
const authorization = { Authorization: `Bearer ${crud}` };
const json = { 'Content-Type': 'application/json' };
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };

/** One request on a connection of its own. @returns its status, 0 when the connection broke. */
function call(method, path, { headers = {}, body, agent } = {}) {
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent: agent ?? false, timeout: 20_000 }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode)).on('error', () => resolve(0));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(0)).end(body);
  });
}

/** Does it over and over, `loops` at a time. */
function over(what, loops, act) {
  for (let i = 0; i < loops; i += 1) {
    (async () => {
      for (let turn = 0; ; turn += 1) {
        count(`${what} ${await act(i, turn)}`);
        await pause(5); // a loop that is refused at once would flood this machine's processor, not the service
      }
    })();
  }
}

/** Keeps `total` connections that `open` makes; one that is closed is made again. */
async function keep(total, open) {
  const again = () => setTimeout(() => open(again), 500 + Math.random() * 1_000);
  for (let i = 0; i < total; i += 1) {
    open(again);
    if (i % 100 === 0) await pause(20);
  }
}

await keep(idleConnections, (again) => {
  connect(port, '127.0.0.1').on('error', () => {}).on('close', () => { count('idle closed'); again(); });
});
// Heads that never end, and replies that nobody reads.
keep(150, (again) => {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write('GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nX-A: ');
  const timer = setInterval(() => socket.write('a'), 200);
  socket.on('close', () => { clearInterval(timer); count('drip closed'); again(); }).resume();
});
keep(150, (again) => {
  // A socket that is paused does not see its end: after a while it is given up.
  const socket = connect(port, '127.0.0.1').on('error', () => {}).on('close', again);
  socket.pause();
  setTimeout(() => { count('reader gave up'); socket.destroy(); }, 5_000);
  socket.write('GET /swagger/v1/swagger.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50));
});
over('metrics', 32, () => call('GET', '/metrics'));
over('stats', 16, () => call('GET', '/api/v1/stats', { headers: authorization }));
over('test', 64, (loop) => call('POST', `/api/v1/endpoints/${silent[loop % silent.length]}/test`, { headers: authorization }));
if (names) {
  over('registration', 64, (loop, turn) => call('POST', '/api/v1/endpoints', {
    headers: { ...authorization, ...json },
    body: JSON.stringify({ name: 'hangs', url: `http://h${loop}-${turn}.example.com/`, changeTypes: 8, enabled: false }),
  }));
}
const big = JSON.stringify({ type: 'x'.repeat(1_000_000), itemId: 1, baseId: 1 });
over('body', 24, () => call('POST', '/api/v1/events', { headers: { ...authorization, ...json }, body: big }));

process.on('message', () => process.send(counts));
process.send('flooding');
