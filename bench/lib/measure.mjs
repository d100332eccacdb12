const total = (children, read) => children.reduce((sum, child) => sum + read(child), 0);

async function snapshot(contestant) {
  return {
    at: performance.now(),
    serviceCpu: total(contestant.services, (child) => child.cpuSeconds()),
    redis: await contestant.redis.info(),
  };
}

/** Runs `work` and tells what it cost the contestant: CPU, Redis commands and socket reads, Redis memory. */
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
    redisMemory: after.redis.usedMemory - before.redis.usedMemory,
    calls,
  };
}

/**
 * The cost figures of `operations` events or notifications. Redis counts a script's inner commands as commands too;
 * its socket reads stand for round trips, because a pipelined batch arrives in one read.
 */
export function costs(cost, operations, unit) {
  const commands = Object.values(cost.calls).reduce((sum, count) => sum + count, 0);
  const scripts = (cost.calls.evalsha ?? 0) + (cost.calls.eval ?? 0);
  return {
    [`service CPU s / 10k ${unit}s`]: (cost.serviceCpu / operations) * 1e4,
    [`Redis CPU s / 10k ${unit}s`]: (cost.redisCpu / operations) * 1e4,
    [`Redis commands / ${unit}`]: commands / operations,
    [`script calls / ${unit}`]: scripts / operations,
    [`Redis socket reads / ${unit}`]: cost.redisReads / operations,
  };
}

export function serviceRssMiB(contestant) {
  return total(contestant.services, (child) => child.rssBytes()) / 2 ** 20;
}
