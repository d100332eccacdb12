// The commands beside `serve`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { suite } from './support/cleanup.mjs';
import { request } from './support/http.mjs';
import { binary, runLull, spawnLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { waitFor } from './support/wait.mjs';

suite('command line', () => {
  it('--version and --help', async () => {
    const version = await runLull({ command: ['--version'] });
    assert.equal(version.code, 0);
    assert.match(version.output, /\d+\.\d+\.\d+/);
    const help = await runLull({ command: ['--help'] });
    assert.equal(help.code, 0);
    for (const word of ['serve', 'print-config', 'hash-key', 'listen']) assert.ok(help.output.includes(word), word);
  });

  it('hash-key makes the hash of a key from standard input', async () => {
    const output = await new Promise((resolve, reject) => {
      const child = execFile(binary, ['hash-key'], (error, stdout) => (error ? reject(error) : resolve(stdout)));
      child.stdin.end('a key that nobody guesses\n');
    });
    assert.ok(output.includes(createHash('sha256').update('a key that nobody guesses').digest('hex')), output);
  });

  it('listen prints each POST, and verifies its signature when given the secret', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const port = await freePort();
    const receiver = spawnLull({ command: ['listen', '--port', `${port}`, '--secret', secret] });
    await waitFor('the receiver listens', () => receiver.output !== '');
    const lull = await startLull();
    await register(lull, `http://127.0.0.1:${port}/`, { secret });
    await publish(lull, assetChanged(4711));
    await waitFor('the notification is printed', () => receiver.output.includes('{"ChangeType":1,"Data":{"ItemId":4711,"BaseId":12}}'));
    await lull.drained();
    assert.match(receiver.output, /signature[^\n]*(valid|ok|verified)/i);
    const body = '{"forged":true}';
    const signature = new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').sign('id', new Date(), body);
    await request('POST', `http://127.0.0.1:${port}/`, { body, headers: { 'webhook-id': 'id', 'webhook-signature': signature,
      'webhook-timestamp': `${Math.floor(Date.now() / 1000)}` } });
    await waitFor('the forged one is named', () => /signature[^\n]*(invalid|bad|wrong|mismatch|not)/i.test(receiver.output.split('forged').join('\n')));
  });

  it('listen shows no byte that a terminal would obey, and calls an old signature invalid', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const port = await freePort();
    const receiver = spawnLull({ command: ['listen', '--port', `${port}`, '--secret', secret] });
    await waitFor('the receiver listens', () => receiver.output !== '');
    const send = (body, at, id) => request('POST', `http://127.0.0.1:${port}/`, { body, headers: { 'webhook-id': id,
      'webhook-timestamp': `${Math.floor(at / 1000)}`, 'webhook-signature': new Webhook(secret).sign(id, new Date(at), body.toString()) } });
    await send('"\u001b]0;title\u0007\u009b2J fine \u00e9\ttab\nline"', Date.now(), 'escapes');
    await waitFor('it is printed', () => receiver.output.includes('\\x1b]0;title\\x07\\xc2\\x9b2J fine \u00e9\ttab\nline'));
    assert.match(receiver.output, /signature: valid/);
    assert.doesNotMatch(receiver.output, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    await send('{"old":true}', 0, 'old');
    await waitFor('the old one is named', () => /INVALID[^\n]*five minutes[^\n]*\n\{"old":true\}/.test(receiver.output));
    await send('{"future":true}', Date.now() + 400_000, 'future');
    await waitFor('the one from the future is named', () => /INVALID[^\n]*five minutes[^\n]*\n\{"future":true\}/.test(receiver.output));
  });

  it('listen answers with the status it was told', async () => {
    const port = await freePort();
    spawnLull({ command: ['listen', '--port', `${port}`, '--status', '500'] });
    const reply = await waitFor('an answer', () => request('POST', `http://127.0.0.1:${port}/any`, { body: '{}' }));
    assert.equal(reply.status, 500);
  });
});
