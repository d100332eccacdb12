import { createHmac } from 'node:crypto';
import { Pool } from 'undici';

import { settings } from './settings.js';

/** One webhook endpoint: 64 keep-alive connections and a Standard Webhooks signature on every POST. */
export class Channel {
  #pool;
  #path;
  #secret;

  constructor(endpoint) {
    const url = new URL(endpoint.url);
    this.#path = url.pathname + url.search;
    this.#secret = Buffer.from(endpoint.secret.replace('whsec_', ''), 'base64');
    this.#pool = new Pool(url.origin, {
      connections: settings.concurrency,
      pipelining: 1,
      headersTimeout: settings.timeoutMs,
      bodyTimeout: settings.timeoutMs,
    });
  }

  /** Throws on anything but a success, so that BullMQ retries. */
  async deliver(job) {
    const { changeType, itemId, baseId } = job.data;
    const body = JSON.stringify({ ChangeType: changeType, Data: { ItemId: itemId, BaseId: baseId } });
    const id = `msg_${job.id}`;
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const signature = createHmac('sha256', this.#secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    const response = await this.#pool.request({
      path: this.#path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'peer-bullmq/1',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    await response.body.dump();
    if (response.statusCode < 200 || response.statusCode >= 300) {
      throw new Error(`status ${response.statusCode}`);
    }
  }

  async close() {
    await this.#pool.destroy();
  }
}
