// The console's files as a browser and a proxy see them: addresses, types, caching, policies.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { request } from './support/http.mjs';
import { startLull } from './support/lull.mjs';

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

for (const pathBase of ['', '/integration/lull']) {
  suite(`the console's pages below "${pathBase}"`, () => {
    let lull;
    let page;
    before(async () => {
      lull = await startLull({ pathBase });
      page = await lull.outside(`${pathBase}/console/`);
    });

    const safe = ({ headers }) => {
      assert.equal(headers['content-security-policy'], policy);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
    };

    it('are led to from the root, with the path base', async () => {
      for (const path of [`${pathBase}/`, `${pathBase}/console`, '/']) {
        const reply = await lull.outside(path);
        assert.equal(reply.status, 302, path);
        assert.equal(reply.headers.location, `${pathBase}/console/`, path);
        safe(reply);
      }
    });

    it('are asked for anew, with parts that never change', async () => {
      assert.equal(page.status, 200);
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(page.headers['cache-control'], 'no-cache');
      safe(page);
      const parts = [...page.text.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, link]) => link);
      assert.ok(parts.some((link) => link.endsWith('.js')) && parts.some((link) => link.endsWith('.css')), `${parts}`);
      for (const link of parts) {
        const part = await request('GET', new URL(link, `${lull.origin}${pathBase}/console/`).href);
        assert.equal(part.status, 200, link);
        assert.equal(part.headers['content-type'], types[link.split('.').pop()], link);
        assert.equal(part.headers['cache-control'], 'public, max-age=31536000, immutable', link);
        safe(part);
        const head = await request('HEAD', `${lull.origin}${pathBase}/console/${link}`);
        assert.equal(head.status, 200);
        assert.equal(head.headers['content-length'], part.headers['content-length']);
      }
    });

    it('and nothing else: no map of the sources, no package, no other name', async () => {
      const [, script] = /src="([^"]+\.js)"/.exec(page.text);
      const { text } = await lull.outside(`${pathBase}/console/${script}`);
      assert.doesNotMatch(text, /sourceMappingURL/);
      for (const name of [`${script}.map`, 'package.json', 'main.tsx', 'nothing.css', '..%2Fconsole%2Findex.html']) {
        assert.equal((await lull.outside(`${pathBase}/console/${name}`)).status, 404, name);
      }
    });
  });
}
