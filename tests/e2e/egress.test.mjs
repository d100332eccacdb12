// Where Lull may call: private addresses and odd ports only when the settings say so.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { runLull, spawnLull, startLull } from './support/lull.mjs';
import { freePort, startRedis } from './support/redis.mjs';
import { all, assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('egress', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull({ settings: { 'Egress:AllowedNetworks': '' } });
  });

  it('refuses loopback and private targets at registration, however they are written, naming the setting', async () => {
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.1.1', '192.168.1.1', '172.16.0.1',
      '100.64.0.1', '[::1]', '[::ffff:10.0.0.1]', '[fe80::1]', '[fd00::1]', '[64:ff9b::a00:1]', 'localhost', '0.0.0.0', '255.255.255.255']) {
      const reply = await lull.post('/endpoints', { name: host, url: `http://${host}:8080/`, changeTypes: 1 });
      expectProblem(reply, 400, '/url');
      assert.match(reply.text, /Egress:AllowedNetworks|Egress:AllowedHosts/, `${host}: ${reply.text}`);
    }
    // No setting allows cloud metadata, and spellings that only some parsers read as an address are none to Lull.
    for (const host of ['169.254.169.254', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '0', '0x7f000001', '017700000001', '127.0.0.1.', '%3127.0.0.1', '①27.0.0.1']) {
      expectProblem(await lull.post('/endpoints', { name: host, url: `http://${host}:8080/`, changeTypes: 1 }), 400, '/url');
    }
    assert.deepEqual(await all(lull, '/endpoints'), []);
  });

  it('refuses ports outside the list, naming the setting', async () => {
    const other = await startLull({ settings: { 'Egress:AllowedPorts': '443,8000-8999' } });
    for (const [port, status] of [[443, 201], [8000, 201], [8999, 201], [9000, 400], [80, 400]]) {
      const reply = await other.post('/endpoints', { name: 'x', url: `http://127.0.0.1:${port}/`, changeTypes: 1 });
      expectStatus(reply, status);
      if (status === 400) assert.match(expectProblem(reply, 400, '/url') && reply.text, /Egress:AllowedPorts/);
    }
  });

  it('allows names by suffix, whatever private address they have', async () => {
    const other = await startLull({ settings: { 'Egress:AllowedNetworks': '', 'Egress:AllowedHosts': 'localhost', 'Delivery:Timeout': '00:00:02' } });
    const url = sink.url.replace('127.0.0.1', 'localhost');
    await register(other, `${url}/by-name`);
    expectProblem(await other.post('/endpoints', { name: 'x', url: sink.url, changeTypes: 1 }), 400, '/url');
    await publish(other, assetChanged(1));
    const [{ headers }] = await sink.received(1, '/by-name');
    assert.equal(headers.host, `localhost:${sink.port}`);
  });

  it('never calls itself or its Redis, whatever is allowed', async () => {
    const redis = await startRedis();
    const [port, management] = [await freePort(), await freePort()];
    const other = spawnLull({ env: { DOTNET_ENVIRONMENT: 'Test' }, settings: { Urls: `http://127.0.0.1:${port}`, 'Management:Urls': `http://localhost:${management}`,
      'Redis:ConnectionString': redis.connectionString, 'Egress:AllowedNetworks': '0.0.0.0/0,::/0', 'Egress:AllowedHosts': 'localhost', 'Egress:AllowedPorts': '1-65535' } });
    other.at(`http://127.0.0.1:${port}`, '');
    await waitFor('it is ready', async () => (await request('GET', `http://127.0.0.1:${management}/healthz/ready`)).status === 200);
    for (const own of [port, management, redis.port]) {
      const hosts = ['127.0.0.1', 'localhost', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[::127.0.0.1]'];
      const more = { [management]: ['[::1]'], [redis.port]: ['[::1]', '127.0.0.2'] }[own] ?? [];
      for (const host of [...hosts, ...more]) {
        const reply = await other.post('/endpoints', { name: host, url: `http://${host}:${own}/`, changeTypes: 1 });
        expectProblem(reply, 400, '/url');
        assert.match(reply.text, /belongs to Lull itself/, `${host}:${own}: ${reply.text}`);
      }
    }
    await register(other, sink.url);
  });

  it('calls nothing that is not named when the transport is for trusted networks', async () => {
    const cppRest = { 'Delivery:Transport': 'CppRest', 'Egress:AllowedNetworks': '127.0.0.0/8' };
    const other = await startLull({ settings: cppRest });
    for (const host of ['8.8.8.8', '[2606:4700::1111]', '10.0.0.1']) {
      const reply = await other.post('/endpoints', { name: host, url: `https://${host}:8443/`, changeTypes: 1 });
      expectProblem(reply, 400, '/url');
      assert.match(reply.text, /Delivery:Transport=CppRest/);
    }
    await register(other, sink.url);
    const { code, output } = await runLull({ settings: { ...cppRest, 'Egress:AllowedNetworks': '' } });
    assert.notEqual(code, 0);
    assert.match(output, /Delivery:Transport = "CppRest".*Egress:AllowedNetworks or Egress:AllowedHosts/s);
  });

  it('pauses an endpoint whose name the weak transport would resolve by itself', async () => {
    const other = await startLull({ settings: { 'Delivery:Transport': 'CppRest', 'Delivery:Timeout': '00:00:02' } });
    const endpoint = await register(other, `${sink.url.replace('http://127.0.0.1', 'https://localhost')}/again`);
    await publish(other, assetChanged(1));
    const paused = await endpointWhen(other, endpoint.id, 'paused', ({ health }) => health === 'paused');
    assert.equal(paused.pausedReason, 'egress');
    assert.match(paused.lastError, /Egress:AllowedHosts/);
  });

  it('pauses an endpoint whose address is no longer allowed, and spends no attempt', async () => {
    const redis = await startRedis();
    const open = await startLull({ redis });
    const endpoint = await register(open, `${sink.url}/closed`);
    assert.equal((await open.terminate()).code, 0);
    const closed = await startLull({ redis, settings: { 'Egress:AllowedNetworks': '' } });
    await publish(closed, assetChanged(1));
    const paused = await endpointWhen(closed, endpoint.id, 'paused', ({ health }) => health === 'paused');
    assert.equal(paused.pausedReason, 'egress');
    assert.equal(paused.queueDepth, 1);
    const { items } = (await closed.get(`/endpoints/${endpoint.id}/queue`)).json;
    assert.equal(items[0].attempts, 0);
    assert.equal(sink.at('/closed').length, 0);
  });
});
