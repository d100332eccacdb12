// What an operator is told without asking each endpoint: GET /alerts.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const settings = {
  'Debouncing:Interval': '00:00:00.050',
  'Delivery:Retry:Schedule': '00:00:00.050,00:00:00.050',
  'Delivery:CircuitBreaker:Failures': '2',
  'Delivery:CircuitBreaker:Probe': '00:00:00.200',
};

const answers = { '/failing': 500, '/rejecting': 422, '/gone': 410, '/healthy': 200 };

suite('what an operator is told', () => {
  it('tells of a breaker that opened, a first dead letter, and a pause that no operator made', async () => {
    const lull = await startLull({ settings });
    const sink = await startSink(({ path }) => ({ status: answers[path] }));
    const ids = {};
    for (const path of Object.keys(answers)) ids[path] = (await register(lull, `${sink.url}${path}`)).id;
    const { id: paused } = await register(lull, `${sink.url}/healthy`);
    await lull.patch(`/endpoints/${paused}`, { enabled: false });
    await publish(lull, [assetChanged(1), assetChanged(2)]);

    const wanted = [
      ['endpoint-open', ids['/failing'], /^2 attempts in a row failed: .*The receiver answered 500\. .*queue\/retry/],
      ['first-letter', ids['/rejecting'], /^A notification became the first dead letter .*refuses it for good\. .*retry or purge/],
      ['endpoint-paused', ids['/gone'], /^Paused: the receiver answered 410.*enable it, or delete it\.$/],
    ];
    const find = (alerts, [kind, subject]) => alerts.find((alert) => alert.kind === kind && alert.subject === subject);
    const alerts = await waitFor('three alerts', async () => {
      const found = await all(lull, '/alerts');
      return wanted.every((one) => find(found, one)) && found;
    });
    for (const one of wanted) {
      assert.match(find(alerts, one).sentence, one[2]);
      assert.equal(find(alerts, one).count, 1, `${one[0]} counts what happened once`);
    }
    for (const calm of [ids['/healthy'], paused]) assert.equal(alerts.some(({ subject }) => subject === calm), false);
    await waitFor('a Warning line of each', () => wanted.every(([kind, subject]) => lull.output.split('\n')
      .some((line) => line.includes('"Lull.Alerts"') && line.includes('"Warning"') && line.includes(kind) && line.includes(subject))));
  });
});
