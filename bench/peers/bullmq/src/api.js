import Fastify from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';

const changeTypeOf = new Map([
  ['AssetCreated', 1],
  ['MetafieldCreated', 2],
  ['TreeValueCreated', 4],
]);

const event = {
  type: 'object',
  required: ['type', 'itemId'],
  additionalProperties: false,
  properties: {
    type: { enum: [...changeTypeOf.keys()] },
    itemId: { type: 'integer' },
    baseId: { type: 'integer' },
    occurredAt: { type: 'string' },
    id: { type: 'string' },
  },
};
const events = { if: { type: 'array' }, then: { type: 'array', minItems: 1, maxItems: 1000, items: event }, else: event };

const toWindow = ({ type, itemId, baseId }) => ({ changeType: changeTypeOf.get(type), itemId, baseId: baseId ?? 0 });

/** The part of Lull's API that the benchmarks use, under the same paths. */
export function createApi(queues, registry) {
  const api = Fastify({ bodyLimit: 1 << 20 });
  api.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text.split('\n').filter(Boolean).map((line) => JSON.parse(line)));
    } catch (error) {
      done(Object.assign(error, { statusCode: 400 }));
    }
  });

  api.post('/api/v1/events', { schema: { body: events } }, async (request, reply) => {
    const list = Array.isArray(request.body) ? request.body : [request.body];
    await queues.admit(list.map(toWindow), registry);
    return reply.code(202).send({ accepted: list.length });
  });

  api.post('/api/v1/endpoints', async (request, reply) => {
    const { name, url, changeTypes } = request.body;
    const endpoint = { id: randomUUID(), name, url, changeTypes, secret: `whsec_${randomBytes(24).toString('base64')}` };
    await registry.add(endpoint);
    return reply.code(201).send(endpoint);
  });

  api.post('/api/v1/windows/flush', async () => {
    await Promise.all(queues.all(registry).map((queue) => queue.promoteJobs()));
    return {};
  });
  return api;
}
