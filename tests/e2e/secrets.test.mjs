// Signing secrets, header values, API keys and passwords of a service that logs everything it can: none of them, in no
// form, is in what it writes, stores, answers or shows of itself.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { redisServersIn, suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { within } from './support/wait.mjs';

const token = `tok"en\\-${randomBytes(9).toString('base64')}/+end`;
const basic = `user:${randomBytes(12).toString('hex')}`;
const values = [token, basic];

/** A value as it is and as it is often written, among other text too. */
function formsOf(value) {
  const bytes = Buffer.from(value, 'utf8');
  const json = JSON.stringify(value).slice(1, -1);
  const hex = bytes.toString('hex');
  const forms = [value, json, json.replaceAll('/', '\\/'), hex, hex.toUpperCase(), encodeURIComponent(value)];
  for (let before = 0; before < 3; before += 1) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replace(/=+$/, '');
    const inner = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    forms.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

/** Asserts that `text` (a string of bytes) holds none of the secrets in any form, and does hold `sign`: it is no empty scan. */
function expectClean(what, text, secrets, sign) {
  assert.ok(text.includes(sign), `${what} does not even hold ${sign}`);
  for (const secret of secrets) {
    // A reply is JSON, so what an excerpt escapes is escaped twice.
    for (const form of formsOf(secret).flatMap((each) => [each, JSON.stringify(each).slice(1, -1)])) {
      const at = text.indexOf(form);
      assert.equal(at, -1, `${what} holds ${JSON.stringify(form)}: …${JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))}…`);
    }
  }
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name)).toString('latin1')).join('\n');
}

const commandLineOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1');

/** Repeats all that it was sent, in every form. */
function echoing({ path, headers, body }) {
  const text = JSON.stringify(headers);
  const forms = [text, body, ...Object.values(headers).flatMap(formsOf),
    Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')];
  // An excerpt has 1 KiB: each request is shown another part of it.
  echoing.calls = (echoing.calls ?? 0) + 1;
  return { status: Number(path.slice(1)), body: forms[echoing.calls % forms.length] };
}

/** Lets endpoints live through every fate, and returns all that was answered, except where the contract tells a secret. */
async function live(lull, sink, secrets) {
  let heard = '';
  const told = (reply) => { heard += `${JSON.stringify(reply.headers)}\n${reply.text}\n`; return reply; };
  const create = async (status) => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    secrets.push(secret.slice('whsec_'.length));
    const body = { name: `clear-name-${status}`, url: `${sink.url}/${status}`, changeTypes: 1, secret,
      headers: { Authorization: `Bearer ${token}`, 'X-Basic': `Basic ${Buffer.from(basic).toString('base64')}`, 'X-Plain': basic } };
    const reply = told(await lull.post('/endpoints', body));
    return expectStatus(reply, 201).id;
  };
  const [good, failing] = [await create(200), await create(500)];
  await create(400);
  secrets.push(expectStatus(await lull.post(`/endpoints/${good}/secret/rotate`), 200).secret.slice('whsec_'.length));
  for (let i = 0; i < 40; i += 1) told(await lull.post(`/endpoints/${failing}/test`));

  // Refused requests repeat nothing of what they were given.
  told(await lull.patch(`/endpoints/${good}`, { url: 'http://127.0.0.1:9/moved' }));
  told(await lull.patch(`/endpoints/${good}`, { headers: { Host: token, 'X-Bad': `${token}\n` } }));
  told(await lull.patch(`/endpoints/${good}`, { secret: `whsec_${token}` }));
  told(await lull.put(`/endpoints/${good}`, `{"headers": {"X": ${JSON.stringify(token)}`));

  await publish(lull, Array.from({ length: 30 }, (_, i) => assetChanged(i)));
  const letters = await deadLettersWhen(lull, 60, '', { timeout: 30_000 });
  for (const { id } of letters) told(await lull.get(`/dead-letters/${id}`));
  for (const path of ['/endpoints', `/endpoints/${good}`, '/dead-letters?limit=500', '/stats', '/windows', `/endpoints/${good}/queue`,
    `/endpoints/${failing}/attempts?limit=500`, `/endpoints/${good}/attempts?limit=500`]) {
    told(await lull.get(path));
  }
  // A client is told the name again that it has sent, but the log must not contain it.
  await lull.get(`/stats?${encodeURIComponent(token)}=${encodeURIComponent(token)}`);
  await lull.post('/endpoints', { [token]: token, headers: [token], url: { a: token } });
  return heard;
}

suite('secrets', () => {
  it('are in no log at Trace, no stored byte, no reply, no metric and no command line of a managed service', async () => {
    const sink = await startSink(echoing);
    const secrets = [...values];
    const lull = await startLull({ settings: { 'Logging:LogLevel:Default': 'Trace', 'Delivery:CircuitBreaker:Failures': '0' } });
    const heard = await live(lull, sink, secrets);
    expectClean('a reply', heard, secrets, 'clear-name-200');
    assert.ok(heard.includes('***'), 'no echo was hidden');
    expectClean('/metrics', (await lull.outside('/metrics')).text, secrets, 'lull_attempts_total');
    const [server] = redisServersIn(lull.dataDirectory);
    expectClean('a command line', commandLineOf(lull.child.pid) + commandLineOf(server), secrets, 'redis-server');
    expectClean('the data directory', filesIn(lull.dataDirectory), secrets, 'clear-name-200');
    assert.equal((await lull.terminate()).code, 0);
    expectClean('the log', lull.output, secrets, '"level":"Debug"');
  });

  it('are in neither the data of an external Redis nor what a crash leaves, keys and passwords included', async () => {
    const sink = await startSink(echoing);
    const password = randomBytes(15).toString('hex');
    const redis = await startRedis({ options: { requirepass: password, 'slowlog-log-slower-than': '0' } });
    const directory = temporaryDirectory('keys');
    const ring = randomBytes(32).toString('base64');
    writeFileSync(join(directory, 'keys'), `${ring}\n`);
    const apiKey = randomBytes(18).toString('base64url');
    const env = {
      DOTNET_ENVIRONMENT: 'Production', Redis__ConnectionString: redis.connectionString, Encryption__KeyFile: join(directory, 'keys'),
      Logging__LogLevel__Default: 'Trace', Delivery__CircuitBreaker__Failures: '0', Authentication__Mode: 'ApiKey',
      Authentication__ApiKeys__0__Name: 'all', Authentication__ApiKeys__0__Sha256: createHash('sha256').update(apiKey).digest('hex'),
      Authentication__ApiKeys__0__Roles: 'Integration_Endpoints_CRUD,Integration_Events_Publish',
    };
    const lull = await startLull({ env, headers: { 'X-Api-Key': apiKey } });
    const secrets = [...values, password, ring, apiKey];
    const heard = await live(lull, sink, secrets);
    expectClean('a reply', heard, secrets, 'clear-name-200');
    const stored = filesIn(redis.directory) + await redis.command('SLOWLOG', 'GET', '100000');
    // The slow log shows the AUTH of redis-cli's own connection as (redacted); Lull's too.
    expectClean('Redis', stored, secrets, 'clear-name-200');
    expectClean('a command line', commandLineOf(lull.child.pid), secrets, 'lull');
    const printed = await runLull({ command: ['print-config'], env });
    expectClean('print-config', printed.output, secrets, 'Redis:ConnectionString');

    lull.child.kill('SIGABRT');
    await within(10_000, 'the crashed service ends', lull.exited);
    expectClean('the log and what the crash said', lull.output, secrets, '"level":"Debug"');
    const broken = await runLull({ env: { ...env, Startup__WaitForRedis: 'false', Redis__ConnectionString: `127.0.0.1:1,password=${password}` } });
    expectClean('a failed start', broken.output, secrets, '127.0.0.1:1');
    writeFileSync(join(directory, 'keys'), `${ring.slice(1)}\n`);
    expectClean('a broken key file', (await runLull({ env })).output, [...secrets, ring.slice(1)], 'line 1');
  });
});
