// Who reaches which mailbox: each credential its own, an administrator all, and nobody learns of what is not theirs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { startLull } from './support/lull.mjs';
import { faces } from './support/mailboxes.mjs';
import { assetChanged } from './support/scenario.mjs';

const roles = {
  ada: 'Integration_Events_Receive',
  bob: 'Integration_Events_Receive',
  ops: 'Integration_Endpoints_CRUD,Integration_Events_Publish',
  viewer: 'Integration_Endpoints_View',
  own: 'Integration_Endpoints_Own',
  publisher: 'Integration_Events_Publish',
};
const keyOf = (who) => `key-of-${who}-0123456789`;
const as = (who) => ({ 'X-Api-Key': keyOf(who) });

const settings = { 'Authentication:Mode': 'ApiKey', 'Mailboxes:AllowPublish': 'true', 'Logging:LogLevel:Default': 'Debug' };
Object.entries(roles).forEach(([who, given], at) => Object.assign(settings, {
  [`Authentication:ApiKeys:${at}:Name`]: who,
  [`Authentication:ApiKeys:${at}:Sha256`]: createHash('sha256').update(keyOf(who)).digest('hex'),
  [`Authentication:ApiKeys:${at}:Roles`]: given,
}));

for (const [face, of] of Object.entries(faces)) {
  suite(`mailboxes: who reaches them (${face})`, () => {
    let lull;
    const clients = {};
    const secrets = [];
    before(async () => {
      lull = await startLull({ settings });
      for (const who of Object.keys(roles)) clients[who] = of(lull, as(who));
    });
    const publish = async (event) => expectStatus(await lull.post('/events', event, as('ops')), 202);

    /** Every call to a mailbox, as each of these answers when it is refused. */
    const calls = {
      subscribe: (client, id) => client.subscribe(id, 'AssetChanged'),
      unsubscribe: (client, id) => client.unsubscribe(id, 'AssetChanged'),
      subscriptions: (client, id) => client.subscriptions(id),
      peek: (client, id) => client.peek(id, 0),
      lock: (client, id, message) => client.lock(id, message),
      confirm: (client, id, message, lockId) => client.confirm(id, message, lockId),
    };

    it('a name is unique per credential: the same name is another mailbox for another one', async () => {
      const [hers, his] = [await clients.ada.mailbox('inbox'), await clients.bob.mailbox('inbox')];
      assert.notEqual(hers, his);
      assert.equal((await clients.ada.must(clients.ada.register('inbox'))).id, hers);
      assert.equal((await clients.bob.must(clients.bob.register('inbox'))).id, his);
    });

    it('somebody else\'s mailbox is a 404, to the letter as one that never was', async () => {
      const id = await clients.ada.mailbox('private', ['AssetChanged']);
      await publish(assetChanged(1));
      const message = await clients.ada.next(id);
      const { lockId } = await clients.ada.must(clients.ada.lock(id, message));
      secrets.push(lockId);
      for (const [name, call] of Object.entries(calls)) {
        const foreign = (await call(clients.bob, id, message, lockId)).reply;
        const nothing = (await call(clients.bob, 'ep_00000000000000000000000000', message, lockId)).reply;
        for (const reply of [foreign, nothing]) expectProblem(reply, 404);
        const told = ({ json: { traceId, instance, ...rest } }) => JSON.stringify(rest).replaceAll(id, 'ID').replaceAll('ep_00000000000000000000000000', 'ID');
        assert.equal(told(foreign), told(nothing), name);
      }
      assert.equal((await clients.ada.must(clients.ada.subscriptions(id))).length, 1, 'nothing was changed');
      await clients.ada.must(clients.ada.confirm(id, message, lockId));
    });

    it('an administrator reaches all of them', async () => {
      const id = await clients.ada.mailbox('managed', ['AssetChanged']);
      await publish(assetChanged(2));
      const message = await clients.ops.next(id);
      const { lockId } = await clients.ops.must(clients.ops.lock(id, message));
      secrets.push(lockId);
      expectProblem((await clients.ada.lock(id, message)).reply, 409);
      await clients.ada.must(clients.ada.confirm(id, message, lockId));
      await clients.ops.must(clients.ops.unsubscribe(id, 'AssetChanged'));
      assert.deepEqual(await clients.ada.must(clients.ada.subscriptions(id)), []);
    });

    it('without the role it is a 403, without a credential a 401, before anything is looked at', async () => {
      const id = await clients.ada.mailbox('closed', ['AssetChanged']);
      for (const which of [id, 'ep_nothing']) {
        for (const call of [...Object.values(calls), (client) => client.register('inbox')]) {
          for (const who of ['publisher', 'viewer', 'own']) expectProblem((await call(clients[who], which, 'msg_x', 'x')).reply, 403);
          expectProblem((await call(of(lull), which, 'msg_x', 'x')).reply, 401);
          expectProblem((await call(of(lull, { 'X-Api-Key': 'wrong' }), which, 'msg_x', 'x')).reply, 401);
        }
      }
    });

    it('whoever only receives sees no endpoints and publishes nothing', async () => {
      const id = await clients.ada.mailbox('narrow');
      for (const path of ['/endpoints', `/endpoints/${id}`, '/dead-letters', '/stats', `/endpoints/${id}/queue`]) expectProblem(await lull.get(path, as('ada')), 403);
      expectProblem(await lull.post('/events', assetChanged(1), as('ada')), 403);
      expectProblem(await lull.post(`/endpoints/${id}/queue/purge`, { all: true }, as('ada')), 403);
      const headers = { ...as('ada'), 'Content-Type': 'application/json' };
      const published = await request('POST', `${lull.origin}/Events/Publish?topic=AssetChanged`, { body: '{}', headers });
      expectProblem(published, 403);
      expectStatus(await lull.get('/change-types', as('ada')), 200); // its topics
      assert.deepEqual((await lull.get('/me', as('ada'))).json, { principal: 'ada', roles: ['Integration_Events_Receive'] });
    });

    it('the log names neither a lock nor a key', () => {
      assert.ok(secrets.length > 0 && lull.log.length > 0);
      assert.ok(lull.log.some((line) => JSON.stringify(line).includes('ep_')), 'the mailboxes are in it');
      for (const secret of [...secrets, ...Object.keys(roles).map(keyOf)]) assert.ok(!lull.output.includes(secret), 'a secret in the log');
    });
  });
}
