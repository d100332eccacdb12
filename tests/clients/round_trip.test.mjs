// Generated clients against the binary: what was read goes through PUT and PATCH and changes nothing.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, it } from 'node:test';
import { suite } from '../e2e/support/cleanup.mjs';
import { repository, startLull } from '../e2e/support/lull.mjs';
import { assetChanged, deadLettersWhen, publish, register } from '../e2e/support/scenario.mjs';
import { startSink } from '../e2e/support/sink.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const require = createRequire(import.meta.url);
const clients = ['openapi_fetch_client', 'orval_client'];

/** The settings of each endpoint, where its notifications go, and what has to be seen of it before the round begins. */
const endpoints = {
  minimal: { path: '/ok', seen: { health: 'healthy' } },
  full: {
    path: '/ok',
    settings: { headers: { Authorization: 'Bearer s3cret', 'X-Tenant': 'north' }, timeout: '00:00:02.5', maxConcurrency: 1024, idField: 'Specific' },
    seen: { health: 'healthy', idField: 'Specific' },
  },
  paused: { path: '/ok', settings: { enabled: false }, seen: { pausedReason: 'operator' } },
  gone: { path: '/gone', seen: { pausedReason: 'gone' } },
  failing: { path: '/failing', seen: { health: 'failing' } },
  open: { path: '/down', settings: { changeTypes: 3 }, seen: { health: 'open' } },
  refused: { path: '/refused', seen: {} },
};

for (const name of clients) {
  suite(name, () => {
    let lull;
    let client;
    const ids = {};
    before(async () => {
      const statuses = { '/gone': 410, '/failing': 500, '/down': 500, '/refused': 400 };
      const sink = await startSink(({ path }) => ({ status: statuses[path] ?? 200 }));
      lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '3', 'Delivery:Retry:Schedule': '00:10:00' } });
      for (const [key, { path, settings }] of Object.entries(endpoints)) {
        ids[key] = (await register(lull, `${sink.url}${path}`, { changeTypes: 1, ...settings })).id;
      }
      // Only one of them subscribes to this change type, so only that one gets its second and third failure.
      const types = (await lull.get('/change-types')).json.items;
      const [type] = types.find(({ name }) => name === 'MetafieldChanged').events;
      await publish(lull, [assetChanged(1), { ...assetChanged(2), type }, { ...assetChanged(3), type }]);
      await waitFor('every endpoint is as it has to be', async () => {
        const { items } = (await lull.get('/endpoints')).json;
        return Object.entries(endpoints).every(([key, { seen }]) => {
          const endpoint = items.find(({ id }) => id === ids[key]);
          return Object.entries(seen).every(([member, value]) => endpoint[member] === value);
        });
      });
      client = require(`${repository}/build/clients/${name}.js`).clientOf(`${lull.origin}${lull.pathBase}`);
    });

    const etagOf = async (id) => (await lull.get(`/endpoints/${id}`)).headers.etag;

    for (const key of Object.keys(endpoints)) {
      it(`${key}: what was read is what PUT and PATCH take, and changes nothing`, async () => {
        const id = ids[key];
        const etag = await etagOf(id);
        const [listed] = (await client.list()).filter((each) => each.id === id);
        for (const read of [await client.get(id), listed]) {
          const put = await client.put(id, read);
          assert.equal(await etagOf(id), etag, 'PUT of what was read');
          const patched = await client.patch(id, put);
          assert.equal(await etagOf(id), etag, 'PATCH with what was read');
          assert.equal(patched.enabled, read.enabled);
          assert.equal(patched.pausedReason, read.pausedReason);
        }
      });

      it(`${key}: a change of the name is one of nothing else`, async () => {
        const before = await client.get(ids[key]);
        const renamed = await client.rename(ids[key], `${key}, renamed`);
        assert.equal(renamed.name, `${key}, renamed`);
        for (const member of ['url', 'changeTypes', 'headers', 'enabled', 'timeout', 'maxConcurrency', 'idField', 'pausedReason']) {
          assert.deepEqual(renamed[member], before[member], member);
        }
      });
    }

    it('what is required is enough to register and to ask what a retry would do', async () => {
      const made = await client.create((await client.get(ids.minimal)).url);
      assert.equal(made.enabled, true);
      assert.equal((await lull.delete(`/endpoints/${made.id}`)).status, 204);
      assert.equal(await client.wouldRetry(made.id), 0);
    });

    it('null takes a setting back and removes a header', async () => {
      const cleared = await client.clear(ids.full, 'X-Tenant');
      assert.deepEqual([cleared.timeout, cleared.maxConcurrency, cleared.idField, cleared.headers], [null, null, null, { Authorization: '***' }]);
    });

    it('every reply is as described', async () => {
      if (client.readAll === undefined) return;
      await deadLettersWhen(lull, 1, `?endpointId=${ids.refused}`);
      assert.deepEqual(await client.readAll(ids.refused), { letters: 1, attempts: 1, queue: 0, windows: 0, changeTypes: 4 });
      await client.readAll(ids.failing);
    });
  });
}
