import { createApi } from './api.js';
import { connect } from './connection.js';
import { Deliverer } from './deliverer.js';
import { Queues } from './queues.js';
import { Registry } from './registry.js';
import { settings } from './settings.js';

const connection = connect();
const registry = new Registry(connection);
const queues = new Queues(connection);
await registry.start();

const stops = [];
if (settings.role !== 'api') {
  const deliverer = new Deliverer(connection, queues, registry);
  deliverer.start();
  stops.push(() => deliverer.stop());
}
if (settings.role !== 'worker') {
  const api = createApi(queues, registry);
  await api.listen({ host: '127.0.0.1', port: settings.port });
  stops.push(() => api.close());
}
console.log('ready');

process.once('SIGTERM', async () => {
  for (const stop of stops.reverse()) {
    await stop();
  }
  await queues.close();
  await registry.stop();
  connection.disconnect();
});
