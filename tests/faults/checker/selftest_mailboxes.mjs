// Of what mailboxes promise: a log of their clients that keeps it, and logs that break it. Run by selftest.mjs.

/** Event `n` is published at 10 n, has the sequence 100 + n, and is the message `id` n. */
const event = (n, more = {}) => ({ n, key: '1|a', sent: 10 * n, ended: 10 * n + 2, out: 'acknowledged', seq: 100 + n, ...more });
const lock = (n, at, more = {}) => ({ op: 'lock', at, end: at + 2, status: 200, id: `msg_${n}`, seconds: 1, no: at, n, key: '1|a', seq: 100 + n, ...more });
/** By the lock that was asked for at `no`. */
const confirm = (n, no, at, more = {}) => ({ op: 'confirm', at, end: at + 2, status: 204, id: `msg_${n}`, n, no, ...more });
const peek = (n, at, more = {}) => ({ op: 'peek', at, end: at + 2, status: 200, id: `msg_${n}`, ...more });
const act = (op, at, more = {}) => ({ op, at, end: at + 2, status: 200, ...more });
const silent = { status: 0 };
const [one, two] = [[event(1)], [event(1), event(2)]];
/** Redis dies at 5,000, and what was acknowledged from 3,000 on may be lost. */
const cut = { fsync: 'everysec', faults: [{ kind: 'redis-died', at: 5_000, lostMs: 1_400, back: 5_400 }] };

/** The number of the rule, what, the log; `breaks` is what the violation has to say, and without it the log is a good one. */
export const ofMailboxes = [
  ['each message is locked and confirmed', { events: two, mailbox: [peek(1, 15), lock(1, 20), confirm(1, 20, 25), lock(2, 30), confirm(2, 30, 35)] }],
  ['an event never came', { events: two, mailbox: [lock(1, 20), confirm(1, 20, 25)] }, /event 2, sequence 102, .* was never confirmed/],
  ['a message was locked and never confirmed', { events: one, mailbox: [lock(1, 20)] }, /event 1, .* was never confirmed/],
  ['a confirm that is refused confirms nothing', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 2_000, { status: 409 })] }, /event 1, .* was never confirmed/],
  ['not owed: of another type, or from before the subscription', { events: [event(1, { key: '2|a' }), event(2)], takes: 1, since: 25, mailbox: [] }],
  ['a confirm without an answer may have been made', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25, silent)] }],
  ['and may not have been', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25, silent), lock(1, 1_100), confirm(1, 1_100, 1_110)] }],
  ['what an operator purged', { events: one, mailbox: [act('purge', 30, { id: 'msg_1', seq: 101 })] }],
  ['a purge that was refused excuses nothing', { events: one, mailbox: [act('purge', 30, { id: 'msg_1', seq: 101, status: 404 })] }, /was never confirmed/],
  ['lost with a tail', { ...cut, events: [event(400)], mailbox: [] }],
  ['lost although nothing may be', { ...cut, fsync: 'always', events: [event(400)], mailbox: [] }, /event 400/],

  ['confirmed, and locked again', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25), lock(1, 1_100), confirm(1, 1_100, 1_110, { status: 404 })] }, /confirmed at 27, and then there was a lock/],
  ['confirmed, and peeked at again', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25), peek(1, 40)] }, /then there was a peek/],
  ['confirmed twice', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25), confirm(1, 20, 40)] }, /then there was a confirm/],
  ['a peek that was on its way may still name it', { events: one, mailbox: [lock(1, 20), peek(1, 24, { end: 90 }), confirm(1, 20, 25)] }],
  ['a confirmation that was lost with a tail', { ...cut, events: one, mailbox: [lock(1, 3_900), confirm(1, 3_900, 4_000), lock(1, 6_000), confirm(1, 6_000, 6_010)] }],
  ['a confirmation that was on disk', { ...cut, events: one, mailbox: [lock(1, 20), confirm(1, 20, 1_000), lock(1, 6_000), confirm(1, 6_000, 6_010)] }, /then there was a lock/],

  ['locked again when the lock has run out', { events: one, mailbox: [lock(1, 20), lock(1, 1_000), confirm(1, 1_000, 1_010)] }],
  ['locked again a little early: the time was slewed, and one process was behind the other', { events: one, mailbox: [lock(1, 20), lock(1, 909), confirm(1, 909, 915)] }],
  ['locked again earlier than that', { events: one, mailbox: [lock(1, 20), lock(1, 906), confirm(1, 906, 915)] }, /was locked at 22 for 1 s, and again at 908/],
  ['locked again while it is locked', { events: one, mailbox: [lock(1, 20), lock(1, 800), confirm(1, 800, 810)] }, /was locked at 22 for 1 s, and again at 802/],
  ['of two locks on their way the one that was asked for first was given last', { events: one, mailbox: [lock(1, 20, { end: 3_000 }), lock(1, 30), confirm(1, 20, 3_010)] }],
  ['of two locks on their way one must have run out', { events: one, mailbox: [lock(1, 20, { end: 900 }), lock(1, 30), confirm(1, 20, 910)] }, /was locked at 900 for 1 s, and again at 32/],
  ['locked again while it is locked, by a process that had just started', { events: one, faults: [{ kind: 'random:kill', from: 1, to: 15, instance: 2 }],
    mailbox: [lock(1, 20, { instance: 2 }), lock(1, 800), confirm(1, 800, 810)] }],
  ['locked again while it is locked, though another process had just started', { events: one, faults: [{ kind: 'random:kill', from: 1, to: 15, instance: 1 }],
    mailbox: [lock(1, 20, { instance: 2 }), lock(1, 800), confirm(1, 800, 810)] }, /and again at 802/],
  ['locked again, as an operator unlocked it', { events: one, mailbox: [lock(1, 20), act('unlock', 500), lock(1, 800), confirm(1, 800, 810)] }],
  ['that unlocked another one', { events: one, mailbox: [lock(1, 20), act('unlock', 500, { id: 'msg_2' }), lock(1, 800), confirm(1, 800, 810)] }, /and again at 802/],
  ['a lock that holds is refused', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 500, { status: 409 }), lock(1, 1_500), confirm(1, 1_500, 1_510)] }, /was refused \(409\) at 502/],
  ['a message is gone while it is locked', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 500, { status: 404 }), lock(1, 1_500), confirm(1, 1_500, 1_510)] }, /was refused \(404\)/],
  ['refused behind a confirm without an answer', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25, silent), confirm(1, 20, 60, { status: 404 })] }],
  ['refused, as an operator unlocked it', { events: one, mailbox: [lock(1, 20), act('unlock', 30), confirm(1, 20, 60, { status: 409 }), lock(1, 70), confirm(1, 70, 75)] }],
  ['a lock that has run out confirms', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 1_500)] }, /from 22 for 1 s confirmed at 1500/],

  ['content that nobody published', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25), lock(7, 30), confirm(7, 30, 35)] }, /event 7 of 1\|a, which was not published/],
  ['a type that it does not take', { events: [event(1, { key: '2|a' })], takes: 1, mailbox: [lock(1, 20, { key: '2|a' }), confirm(1, 20, 25)] }, /which it does not take/],
  ['an event from before its subscription', { events: one, since: 15, mailbox: [lock(1, 20), confirm(1, 20, 25)] }, /before its subscription/],
  ['one event as two messages', { events: one, mailbox: [lock(1, 20), confirm(1, 20, 25), lock(1, 30, { id: 'msg_x' }), confirm(1, 30, 35, { id: 'msg_x' })] }, /came as msg_1 and as msg_x/],
  ['two events as one message', { events: two, mailbox: [lock(1, 20), lock(2, 1_100, { id: 'msg_1' }), confirm(1, 20, 25, silent), confirm(2, 1_100, 1_110, { id: 'msg_1' })] }, /more than one content/],

  ['given out while it is paused', { events: one, mailbox: [act('pause', 10), lock(1, 20), confirm(1, 20, 25), act('resume', 90)] }, /was given out at 22, paused since 12/],
  ['given out before the pause, confirmed in it, and behind it', { events: two, mailbox: [lock(1, 5), act('pause', 10), confirm(1, 5, 20), act('resume', 30), lock(2, 40), confirm(2, 40, 45)] }],
  ['one client that leaves nothing behind: in order', { events: two, orderly: true, mailbox: [lock(1, 20), confirm(1, 20, 25), lock(2, 30), confirm(2, 30, 35)] }],
  ['out of order', { events: two, orderly: true, mailbox: [lock(2, 30), confirm(2, 30, 35), lock(1, 40), confirm(1, 40, 45)] }, /sequence 101 at 42, behind 102/],
  ['what a power cut brought back, behind what came meanwhile', { ...cut, events: two, orderly: true,
    mailbox: [lock(1, 3_900), confirm(1, 3_900, 4_000), lock(2, 6_000), confirm(2, 6_000, 6_005), lock(1, 6_010), confirm(1, 6_010, 6_015)] }],
  ['out of order, and no power cut explains it', { ...cut, events: two, orderly: true,
    mailbox: [lock(1, 20), confirm(1, 20, 25, silent), lock(2, 6_000), confirm(2, 6_000, 6_005), lock(1, 6_010), confirm(1, 6_010, 6_015)] }, /sequence 101 at 6012, behind 102/],
  ['the mailbox was gone', { mailbox: [peek(1, 20, { status: 404, id: undefined })] }, /the mailbox was gone/],
  ['an answer that is none of the contract', { mailbox: [peek(1, 20, { status: 400, id: undefined })] }, /a peek was answered 400/],
].map(([what, log, breaks]) => ['M', `mailbox: ${what}`, log, breaks]);
