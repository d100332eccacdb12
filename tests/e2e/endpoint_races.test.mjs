// Two who change the same endpoint at the same moment: with the same If-Match exactly one does, without it nothing is lost.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

const rounds = 15;

suite('endpoint races', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull();
  });

  const changes = {
    PUT: (id, headers) => lull.put(`/endpoints/${id}`, { name: 'put', url: sink.url, changeTypes: 1 }, headers),
    PATCH: (id, headers) => lull.patch(`/endpoints/${id}`, { name: 'patched' }, headers),
    DELETE: (id, headers) => lull.delete(`/endpoints/${id}`, headers),
    rotate: (id, headers) => lull.post(`/endpoints/${id}/secret/rotate`, undefined, headers),
  };
  const names = Object.keys(changes);

  for (const first of names) {
    for (const second of names.slice(names.indexOf(first))) {
      it(`${first} and ${second} with one If-Match: one wins`, async () => {
        for (let round = 0; round < rounds; round += 1) {
          const { id } = await register(lull, sink.url);
          const { etag } = (await lull.get(`/endpoints/${id}`)).headers;
          const replies = await Promise.all([first, second].map((name) => changes[name](id, { 'If-Match': etag })));
          const statuses = replies.map(({ status }) => status);
          assert.equal(statuses.filter((status) => status < 300).length, 1, `round ${round}: ${statuses}`);
          for (const status of statuses) assert.ok(status < 300 || status === 412 || status === 404, `${statuses}`);
        }
      });
    }
  }

  it('without If-Match every change is made, one after the other', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { id } = await register(lull, sink.url);
      const replies = await Promise.all([
        lull.patch(`/endpoints/${id}`, { name: 'renamed' }), lull.patch(`/endpoints/${id}`, { timeout: '00:00:09' }),
        lull.patch(`/endpoints/${id}`, { headers: { 'X-Tenant': 'north' } }), changes.rotate(id),
      ]);
      for (const reply of replies) expectStatus(reply, 200);
      const { name, timeout, headers } = expectStatus(await lull.get(`/endpoints/${id}`), 200);
      assert.deepEqual({ name, timeout, headers }, { name: 'renamed', timeout: '00:00:09', headers: { 'X-Tenant': '***' } });
      assert.deepEqual(expectStatus(await lull.get(`/endpoints/${id}/secret`), 200), replies[3].json);
    }
  });
});
