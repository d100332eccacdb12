// What a run consists of: how long, how often something breaks, and with which weights.

/** group:point[:action]; see faults.mjs. */
const weights = {
  'random:kill': 8, 'random:term': 4, 'random:stop': 3, 'random:cut': 2,
  'point:committed:kill': 4, 'point:committed:cut': 2, 'point:committed:stop': 1,
  'point:before-commit:kill': 1,
  'point:claimed:kill': 4, 'point:claimed:stop': 4, 'point:claimed:cut': 2, 'point:claimed:pause': 2,
  'point:clock:late': 2,
  'point:mid-post:kill': 4, 'point:mid-post:stop': 2,
  'point:answered:kill': 4, 'point:answered:stop': 2,
  'point:settling:kill': 4, 'point:settling:stop': 3, 'point:settling:cut': 2,
  'point:settled:kill': 2, 'point:settled:cut': 2,
  'point:rescheduling:kill': 3, 'point:rescheduling:cut': 1, 'point:parking:kill': 2, 'point:parking:cut': 1,
  'point:fanning-out:kill': 4, 'point:fanning-out:stop': 2, 'point:fanning-out:cut': 2,
  'point:streaming:kill': 4, 'point:streaming:stop': 2, 'point:streaming:cut': 2,
  'point:locking:kill': 2, 'point:locking:stop': 1, 'point:locking:redis': 1,
  'point:locked:kill': 3, 'point:locked:cut': 2, 'point:locked:redis': 1,
  'point:confirming:kill': 3, 'point:confirming:stop': 1, 'point:confirming:redis': 1,
  'point:confirmed:kill': 3, 'point:confirmed:cut': 2, 'point:confirmed:redis': 1,
  'point:locks-ending:kill': 2, 'point:locks-ending:cut': 1,
  'proxy:stall': 2, 'proxy:half-open': 2, 'proxy:refuse': 1,
  'redis:kill': 6, 'redis:pause': 2, 'redis:flush': 2, 'redis:full': 2, 'redis:readonly': 1, 'redis:replica': 1, 'redis:clock': 3,
};

/** Those of a RabbitMQ, and what befalls the ways to it. */
const brokerWeights = {
  'broker:kill': 8, 'broker:stop': 4, 'broker:cut': 4,
  'point:publishing:kill': 5, 'point:publishing:cut': 3, 'point:publishing:broker': 3,
  'point:published:kill': 5, 'point:published:stop': 2, 'point:published:redis': 3, 'point:published:broker': 4,
  'point:broker-confirming:kill': 6, 'point:broker-confirming:cut': 4, 'point:broker-confirming:stop': 2,
  'point:broker-confirming:redis': 3, 'point:broker-confirming:broker': 4,
};

export const profiles = {
  /** In the test suite. */
  short: { seconds: 40, everyMs: 400, receiversMs: 400, operatorMs: 700, clients: 3, calm: true, weights },
  /** By hand and at night; `--minutes` says how long. */
  long: { seconds: 600, everyMs: 500, receiversMs: 500, operatorMs: 1_000, clients: 3, calm: true, weights },
  /** Some endpoints' messages go to a RabbitMQ, which is killed, too; needs rabbitmq-server. */
  brokers: { seconds: 180, everyMs: 400, receiversMs: 800, operatorMs: 1_000, clients: 3, calm: true, broker: true, weights: { ...weights, ...brokerWeights } },
  /** Redis is gone for a minute under load; prints a table. */
  outage: { seconds: 85, clients: 16, calm: true, outage: { beforeMs: 15_000, downMs: 60_000, afterMs: 10_000 } },
  /** No faults at all: every receiver is well, nothing is killed. What this finds is no crash's doing. */
  calm: { seconds: 15, everyMs: 1e9, receiversMs: 1e9, operatorMs: 1e9, clients: 3, calm: true, weights },
};
