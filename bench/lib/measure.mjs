const total = (children, read) => children.reduce((sum, child) => sum + read(child), 0);

async function snapshot(contestant) {
  return {
    at: performance.now(),
    serviceCpu: total(contestant.services, (child) => child.cpuSeconds()),
    redis: await contestant.redis.info(),
  };
}

/** Runs `work` and tells what it cost the contestant: CPU, Redis commands, socket reads and writes, memory, append-only bytes. */
export async function measured(contestant, work) {
  const before = await snapshot(contestant);
  const result = await work();
  const after = await snapshot(contestant);
  const calls = {};
  for (const [name, count] of Object.entries(after.redis.calls)) {
    const delta = count - (before.redis.calls[name] ?? 0);
    if (delta > 0) {
      calls[name] = delta;
    }
  }
  return {
    result,
    seconds: (after.at - before.at) / 1000,
    serviceCpu: after.serviceCpu - before.serviceCpu,
    redisCpu: after.redis.cpuSeconds - before.redis.cpuSeconds,
    redisReads: after.redis.socketReads - before.redis.socketReads,
    redisWrites: after.redis.socketWrites - before.redis.socketWrites,
    redisMemory: after.redis.usedMemory - before.redis.usedMemory,
    appendOnlyBytes: after.redis.appendOnlyBytes - before.redis.appendOnlyBytes,
    calls,
  };
}

/** What `cost` would have been without what the contestant does anyway: `idle` is taken off in proportion to the time. */
export function beyondIdle(cost, idle) {
  const share = cost.seconds / idle.seconds;
  const net = { ...cost, calls: { ...cost.calls } };
  for (const figure of ['serviceCpu', 'redisCpu', 'redisReads', 'redisWrites', 'appendOnlyBytes']) {
    net[figure] -= idle[figure] * share;
  }
  for (const [name, count] of Object.entries(idle.calls)) {
    net.calls[name] = (net.calls[name] ?? 0) - count * share;
  }
  return net;
}

export const scriptCalls = ({ calls }) => (calls.evalsha ?? 0) + (calls.eval ?? 0);

/**
 * How often Redis was turned to for each of `operations` events or notifications, and what it appended for it. It counts
 * a script's inner commands as commands too; its socket reads stand for round trips, because a pipelined batch arrives in one read.
 */
export function turns(cost, operations, unit) {
  const commands = Object.values(cost.calls).reduce((sum, count) => sum + count, 0);
  return {
    [`Redis commands / ${unit}`]: commands / operations,
    [`script calls / ${unit}`]: scriptCalls(cost) / operations,
    [`Redis socket reads / ${unit}`]: cost.redisReads / operations,
    [`Redis socket writes / ${unit}`]: cost.redisWrites / operations,
    [`append-only bytes / ${unit}`]: cost.appendOnlyBytes / operations,
  };
}

/** The cost figures of `operations` events or notifications. */
export function costs(cost, operations, unit) {
  return {
    [`service CPU s / 10k ${unit}s`]: (cost.serviceCpu / operations) * 1e4,
    [`Redis CPU s / 10k ${unit}s`]: (cost.redisCpu / operations) * 1e4,
    [`service+Redis CPU s / 10k ${unit}s`]: ((cost.serviceCpu + cost.redisCpu) / operations) * 1e4,
    ...turns(cost, operations, unit),
  };
}

export function serviceRssMiB(contestant) {
  return total(contestant.services, (child) => child.rssBytes()) / 2 ** 20;
}
