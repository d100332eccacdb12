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

  it('leads to exactly one notification for a burst of 20', { timeout: 120_000 }, async () => {
    const { output, background } = await walkThrough('first-notification', {
      until: ({ background: printed }) => (printed.match(notification) ?? []).length > 0,
    });
    const printed = background.match(notification) ?? [];
    assert.equal(printed.length, 1, `printed:\n${background}\nthe commands said:\n${output}`);
  });

  it('walks from a broken receiver to the retried dead letter', { timeout: 120_000 }, async () => {
    const { output } = await walkThrough('first-notification', {
      until: ({ background: printed }) => notification.test(printed),
      then: { name: 'receiver-fails', until: ({ background: printed }) => printed.includes('POST /repaired') },
    });
    assert.match(output, /"state":"retrying"/);
    assert.match(output, /"retried":1/);
  });
});
