// Everything that the peer can be told, from the environment.
function number(name, fallback) {
  const text = process.env[name];
  return text === undefined ? fallback : Number(text);
}

export const settings = {
  /** `api` takes events, `worker` delivers, `all` does both in one process. */
  role: process.env.PEER_ROLE ?? 'all',
  /**
   * `direct`: an event becomes a debounced job in the queue of each subscribed endpoint. The cheapest way with few
   * endpoints: one job per notification. `windows`: an event becomes one debounced job; when that is due, a worker
   * adds one job per endpoint subscribed then. The way to go with many endpoints.
   */
  design: process.env.PEER_DESIGN ?? 'direct',
  port: number('PEER_PORT', 0),
  redisSocket: process.env.PEER_REDIS_SOCKET ?? '/tmp/redis.sock',
  intervalMs: number('PEER_INTERVAL_MS', 5000),
  concurrency: number('PEER_CONCURRENCY', 64),
  timeoutMs: number('PEER_TIMEOUT_MS', 15000),
};
