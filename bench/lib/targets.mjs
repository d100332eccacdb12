/**
 * The figures of the issue, each computed from the rounds of one or two cases of the same run: round by round where
 * both sides have the same case, so that the spread is that of the ratio and not of the machine.
 */
const ratio = (over, under) => ({ over, under });
const at = (caseName, label, metric) => ({ caseName, label, metric });
/** A figure of this build over the same of the one before it, which only a run with `--before` has. */
const vsBefore = (caseName, label, metric) => ratio(at(caseName, label, metric), at(caseName, `${label} before`, metric));

const TOTAL_CPU = 'service+Redis CPU s / 10k notifications';

/** What a notification takes of Redis and of the machine while there is little to do, at both intervals. */
const whenLittleIsToDo = ['0 s', '1 s'].flatMap((interval) => {
  const label = `lull ${interval}`;
  return [
    {
      title: `script calls per notification at 100/s, interval ${interval}`,
      over: at('low-100', label, 'script calls / notification'),
      reach: 3.3,
      aim: 2.2,
      lower: true,
    },
    ...[100, 500].map((rate) => ({
      title: `CPU per notification at ${rate}/s, interval ${interval}, vs before`,
      ...vsBefore(`low-${rate}`, label, 'service+Redis CPU ms / notification'),
      reach: 0.6,
      aim: 0.4,
      lower: true,
    })),
    { title: `lag p99 at 10/s, interval ${interval}, ms`, over: at('low-10', label, 'lag p99 ms'), reach: 2.5, aim: 1.5, lower: true },
  ];
});

const afterKill = [
  ['1 of 2 replicas', 'lull 1 of 2'],
  ['the only one, restart included', 'lull the only one'],
].map(([whom, label]) => ({
  title: `after kill -9 of ${whom}: what was in flight is sent again, p99, s`,
  over: at('recovery', label, 'first repeat p99 s'),
  reach: 6,
  aim: 4,
  lower: true,
}));

const drainBytes = ['drain-1', 'drain-20'].map((name) => ({
  title: `${name}: append-only bytes per notification, vs before`,
  ...vsBefore(name, 'lull', 'append-only bytes / notification'),
  reach: 0.7,
  aim: 0.5,
  lower: true,
}));

export const targets = [
  {
    title: 'ingest one by one, 64 connections, everysec, vs the peer',
    ...ratio(at('ingest-64-everysec', 'lull', 'events/s'), at('ingest-64-everysec', 'bullmq', 'events/s')),
    reach: 1.6,
    aim: 2.5,
  },
  {
    title: 'ingest bulk 100 (array), everysec, vs the peer',
    ...ratio(at('ingest-array-everysec', 'lull', 'events/s'), at('ingest-array-everysec', 'bullmq', 'events/s')),
    reach: 6,
    aim: 10,
  },
  {
    title: 'drain, fan-out 1, vs the peer',
    ...ratio(at('drain-1', 'lull', 'notifications/s'), at('drain-1', 'bullmq', 'notifications/s')),
    reach: 3.5,
    aim: 4.2,
  },
  {
    title: 'drain, fan-out 20: CPU per notification, vs before',
    ...vsBefore('drain-20', 'lull', TOTAL_CPU),
    reach: 0.75,
    aim: 0.6,
    lower: true,
  },
  ...drainBytes,
  {
    title: 'drain vs the bare POST loop',
    ...ratio(at('drain-1', 'lull', 'notifications/s'), at('drain-1', 'bare POST loop', 'notifications/s')),
    reach: 0.25,
    aim: 0.5,
  },
  { title: 'lag p99 at 2,000/s, ms', over: at('lag-2000', 'lull', 'lag p99 ms'), reach: 2.5, aim: 1.5, lower: true },
  ...whenLittleIsToDo,
  ...afterKill,
  {
    title: 'backlog 1 M vs 10 k: claim + settle cost per item',
    ...ratio(
      at('backlog-1m', 'lull', TOTAL_CPU),
      at('backlog-10k', 'lull', TOTAL_CPU),
    ),
    reach: 1.3,
    aim: 1.1,
    lower: true,
  },
  {
    title: 'backlog 5 M vs 10 k: claim + settle cost per item',
    ...ratio(
      at('backlog-5m', 'lull', TOTAL_CPU),
      at('backlog-10k', 'lull', TOTAL_CPU),
    ),
    reach: 1.3,
    aim: 1.1,
    lower: true,
  },
  {
    title: 'Redis bytes per pending window, 1 M',
    over: at('backlog-1m', 'lull', 'Redis bytes / pending window'),
    reach: 450,
    aim: 300,
    lower: true,
  },
  {
    title: 'Redis bytes per queued message, 1 M',
    over: at('backlog-1m', 'lull', 'Redis bytes / queued message'),
    reach: 600,
    aim: 400,
    lower: true,
  },
  {
    title: 'service RSS with 1 M pending, MiB',
    over: at('backlog-1m', 'lull', 'RSS MiB, messages queued'),
    reach: 150,
    aim: 64,
    lower: true,
  },
  {
    title: 'idle CPU with 1,000 endpoints, % of a core',
    over: at('idle-1000', 'lull', 'service CPU % of a core'),
    reach: 0.5,
    aim: 0.3,
    lower: true,
  },
  {
    title: 'append-only always vs everysec, bulk',
    ...ratio(at('ingest-array-always', 'lull', 'events/s'), at('ingest-array-everysec', 'lull', 'events/s')),
    reach: 0.7,
    aim: 0.9,
  },
  {
    title: 'every/item drains, vs debounced',
    ...ratio(at('drain-every-item', 'lull every', 'notifications/s'), at('drain-every-item', 'lull debounced', 'notifications/s')),
    reach: 0.8,
    aim: 1,
  },
  {
    title: 'one ordered lane, receiver of 5 ms, vs 1 / (round trip + receiver)',
    ...ratio(at('lane-endpoint', 'lull, 5 ms', 'notifications/s'), at('lane-endpoint', 'bare POST loop, 5 ms', 'notifications/s')),
    reach: 0.8,
    aim: 0.9,
  },
  {
    title: 'ordered lane of 1 M vs 10 k: cost per message',
    ...ratio(
      at('lane-depth-1m', 'lull', TOTAL_CPU),
      at('lane-depth-10k', 'lull', TOTAL_CPU),
    ),
    reach: 1.2,
    aim: 1.1,
    lower: true,
  },
  ...[['one lane', '1', 0.8, 0.9], ['64', '64', 0.5, 0.8], ['256', '256', 0.5, 0.8]].map(([ours, bare, reach, aim]) => ({
    title: `fill a queue of RabbitMQ, ${ours}, vs a bare publisher with as many under way`,
    ...ratio(at('confirms', `lull, ${ours}`, 'messages/s'), at('confirms', `bare publisher, ${bare}`, 'messages/s')),
    reach,
    aim,
  })),
];
