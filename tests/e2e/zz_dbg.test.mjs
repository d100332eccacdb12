import { it } from 'node:test';
import { startLull } from './support/lull.mjs';
import { startSink } from './support/sink.mjs';
import { register, publish, assetChanged } from './support/scenario.mjs';
it('dbg', async () => {
  let status = 422;
  const lull = await startLull();
  const own = await startSink(() => ({ status }));
  const seen = await register(lull, own.url, { delivery: 'every', order: 'endpoint' });
  await publish(lull, assetChanged('kept'));
  await new Promise((r) => setTimeout(r, 1500));
  for (const p of [`/endpoints/${seen.id}`, `/endpoints/${seen.id}/queue`, '/dead-letters', `/dead-letters?endpointId=${seen.id}`, '/stats', '/alerts']) { const r = await lull.get(p); console.log(p, r.status, JSON.stringify(r.json ?? r)); }
});
