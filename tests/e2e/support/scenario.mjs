// The steps that most suites begin with.
import { expectStatus } from './expect.mjs';
import { waitFor } from './wait.mjs';

/** Registers an endpoint at `url` and returns what was replied; a change of any kind is told unless `more` says else. */
export async function register(lull, url, more = {}) {
  const reply = await lull.post('/endpoints', { name: `to ${url}`, url, changeTypes: 15, ...more });
  return expectStatus(reply, 201);
}

/** A `register` for tests whose registrations go with them, so that one that fails leaves nothing to the others: afterEach(removeAll). */
export function registrations() {
  const made = [];
  return {
    register: async (lull, ...more) => {
      const created = await register(lull, ...more);
      made.push(() => lull.delete(`/endpoints/${created.id}`));
      return created;
    },
    removeAll: async () => { while (made.length > 0) await made.pop()(); },
  };
}

/** Publishes and returns the reply's body. */
export async function publish(lull, events) {
  return expectStatus(await lull.post('/events', events), 202);
}

export const assetChanged = (itemId, more = {}) => ({ type: 'AssetCreated', itemId, baseId: 12, ...more });

export async function endpoint(lull, id) {
  return expectStatus(await lull.get(`/endpoints/${id}`), 200);
}

/** Waits until the endpoint is as `test` wants it. */
export function endpointWhen(lull, id, what, test, options) {
  return waitFor(what, async () => {
    const seen = await endpoint(lull, id);
    return test(seen) ? seen : undefined;
  }, options);
}

/** All items of a list, page by page. */
export async function all(lull, path) {
  const items = [];
  for (let cursor; ;) {
    const at = cursor ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : path;
    const page = expectStatus(await lull.get(at), 200);
    items.push(...page.items);
    if (!page.nextCursor) return items;
    cursor = page.nextCursor;
  }
}

/** Waits until the dead letters of `filter` are `count`, and returns them. */
export function deadLettersWhen(lull, count, filter = '', options) {
  return waitFor(`${count} dead letters`, async () => {
    const items = await all(lull, `/dead-letters${filter}`);
    return items.length === count ? items : undefined;
  }, options);
}
