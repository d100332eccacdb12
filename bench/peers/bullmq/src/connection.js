import { Redis } from 'ioredis';

import { settings } from './settings.js';

/**
 * One connection is shared by all queues of a process; commands issued in the same turn of the event loop leave in one
 * write. BullMQ asks for `maxRetriesPerRequest: null` where workers use the connection.
 */
export function connect() {
  return new Redis({ path: settings.redisSocket, maxRetriesPerRequest: null, enableAutoPipelining: true });
}
