// The README's commands, exactly as they stand there.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { repository } from './support/lull.mjs';
import { walkThrough } from './support/readme.mjs';

/** `sequence` and `itemId` of each request for a path, in the order in which its receiver printed them. */
function arrivals(printed, path) {
  return printed.split(/^(?=POST )/m).filter((request) => request.startsWith(`POST ${path}\n`)).map((request) => ({
    sequence: Number(/Lull-Sequence: (\d+)/.exec(request)?.[1]),
    itemId: Number(/"ItemId":(\d+)/.exec(request)?.[1]),
  }));
}

/** The sequences that were answered to the two requests of three events each. */
const acceptedBy = (output) => [...output.matchAll(/"sequences":(\[\d+,\d+,\d+\])/g)].map(([, list]) => JSON.parse(list));

const notification = /\{"ChangeType":1,"Data":\{"ItemId":\d+,"BaseId":\d+\}\}/g;

suite('readme', () => {
  it('exists', () => assert.ok(existsSync(join(repository, 'README.md'))));

  it('leads from a burst of 20 to one notification, from a broken receiver to the retried dead letter, to every change in order, and to an empty mailbox', { timeout: 720_000 }, async () => {
    let first;
    const { output, background } = await walkThrough('first-notification', {
      until: ({ background: printed }) => (first = printed.match(notification) ?? []).length > 0,
      then: {
        name: 'receiver-fails',
        until: ({ background: printed }) => printed.includes('POST /repaired'),
        then: {
          name: 'every-change',
          until: ({ background: printed }) => ['/items', '/ordered'].every((path) => arrivals(printed, path).length >= 6),
          then: { name: 'mailbox', until: ({ output: printed }) => printed.includes('what is left: 204') },
        },
      },
    });
    assert.equal(first.length, 1, background);
    // The second walk adds three attempts at the broken receiver and the one that was retried: still one of the burst.
    assert.equal(background.match(/"ItemId":4711/g).length, 1, background);
    assert.match(output, /"state":"retrying"/);
    assert.match(output, /"retried":1/);

    const ordered = arrivals(background, '/ordered');
    assert.deepEqual(ordered.map(({ itemId }) => itemId), [1, 2, 1, 3, 4, 3], background);
    assert.deepEqual(ordered.map(({ sequence }) => sequence), acceptedBy(output).flat(), 'exactly the sequences that were answered, in their order');
    // Items may overtake each other there; the changes of one may not.
    const items = arrivals(background, '/items');
    for (const itemId of [1, 2, 3, 4]) {
      const ofItem = (list) => list.filter((one) => one.itemId === itemId).map(({ sequence }) => sequence);
      assert.deepEqual(ofItem(items), ofItem(ordered), `item ${itemId}`);
    }
    assert.match(output, /"state":"behind"/);

    const mailbox = output.slice(output.indexOf('"next":'));
    assert.match(mailbox, /^"next":\{[^}]*"topic":"MetafieldChanged"/, 'the call that waited');
    assert.match(mailbox, /"body":\{"name": ?"Colour"\}/);
    assert.match(mailbox, /confirmed: 204/);
  });
});
