// The README's commands, exactly as they stand there.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { repository } from './support/lull.mjs';
import { walkThrough } from './support/readme.mjs';

const notification = /\{"ChangeType":1,"Data":\{"ItemId":\d+,"BaseId":\d+\}\}/g;

suite('readme', () => {
  it('exists', () => assert.ok(existsSync(join(repository, 'README.md'))));

  it('leads from a burst of 20 to one notification, and from a broken receiver to the retried dead letter', { timeout: 720_000 }, async () => {
    let first;
    const { output, background } = await walkThrough('first-notification', {
      until: ({ background: printed }) => (first = printed.match(notification) ?? []).length > 0,
      then: { name: 'receiver-fails', until: ({ background: printed }) => printed.includes('POST /repaired') },
    });
    assert.equal(first.length, 1, background);
    // The second walk adds three attempts at the broken receiver and the one that was retried: still one of the burst.
    assert.equal(background.match(/"ItemId":4711/g).length, 1, background);
    assert.match(output, /"state":"retrying"/);
    assert.match(output, /"retried":1/);
  });
});
