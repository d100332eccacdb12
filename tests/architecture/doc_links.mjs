// Every relative link of the documentation leads to a file that exists, and to a heading that it has. Where the text of a link
// names a function, `Type::function` or `function`, the file has that name. And the walk of one event in docs/design.md stays
// short. Run: node --test tests/architecture/doc_links.mjs
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const mostHops = 15;

// Blanks of the same length instead of fenced blocks and comments: no link is read there, and lines keep their numbers.
const blank = (text) => text.replace(/[^\n]/g, ' ');
const prose = (text) => text.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, blank).replace(/<!--[\s\S]*?-->/g, blank);

/** The anchors of a page's headings, as GitHub and Gitea make them: a repeated heading gets a number. */
function anchorsOf(text) {
  const seen = new Map();
  return new Set([...prose(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, title]) => {
    const shown = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = shown.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  }));
}

/** @returns {text, target, line} of each link. A link that stands inside a code span is an example, not a link. */
function linksOf(text) {
  const page = prose(text);
  const searched = page.replace(/(`+)[^`\n]*?\1(?!`)/g, (span) => span.replace(/[^`]/g, '_'));
  const found = [...searched.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)|^\[[^\]]+\]: +(\S+)/gm)];
  return found.map((match) => ({
    text: match[1] === undefined ? '' : page.slice(match.index + 1, match.index + 1 + match[1].length),
    target: match[2] ?? match[3],
    line: page.slice(0, match.index).split('\n').length,
  }));
}

/** The name in a link's text that its file must have; undefined where the text is no name of code. */
const nameIn = (text) => /^`(?:\w+::)*([A-Za-z_]\w*)(?:\(\))?`$/.exec(text)?.[1];

/** What is wrong with a link on the page `from` (a path below `base`), or undefined. */
function judge(base, from, { text, target }) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [file, anchor] = target.split('#');
  const full = file === '' ? path.join(base, from) : path.resolve(base, path.dirname(from), decodeURIComponent(file));
  if (path.relative(base, full).startsWith('..')) return `${target} lies outside the repository`;
  if (!fs.existsSync(full)) return `${target} does not exist`;
  if (anchor !== undefined) {
    if (!full.endsWith('.md')) return `${target}: only the headings of a page can be linked`;
    if (!anchorsOf(fs.readFileSync(full, 'utf8')).has(anchor)) return `${target}: there is no such heading`;
  }
  const name = nameIn(text);
  if (name && /\.(cpp|hpp|lua|mjs)$/.test(full) && !new RegExp(`\\b${name}\\b`).test(fs.readFileSync(full, 'utf8'))) {
    return `${target} has no ${name}`;
  }
  return undefined;
}

function problemsOf(base, from) {
  return linksOf(fs.readFileSync(path.join(base, from), 'utf8')).flatMap((link) => {
    const problem = judge(base, from, link);
    return problem ? [`${from}:${link.line}: ${problem}`] : [];
  });
}

/** The Markdown pages of a folder; `deep`: of those below it, too. */
function pagesOf(folder, deep) {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const page = path.join(folder, entry.name);
    if (entry.isDirectory()) return deep ? pagesOf(page, deep) : [];
    return entry.name.endsWith('.md') ? [page] : [];
  });
}

const pages = [...pagesOf('.', false), ...pagesOf('docs', true), 'bench/README.md', 'deploy/kustomize/README.md'];

test('every relative link of the documentation leads to what it names', () => {
  const problems = pages.flatMap((page) => problemsOf(root, page));
  assert.deepEqual(problems, [], `${problems.length} of the links in ${pages.length} pages lead nowhere`);
});

test('the walk of one event has few hops, each with a name of its own', () => {
  const design = fs.readFileSync(path.join(root, 'docs/design.md'), 'utf8');
  const walk = design.split(/^## /m).find((section) => section.startsWith('The walk of one event\n'));
  assert.ok(walk, 'docs/design.md has no section "The walk of one event"');
  const hops = walk.split(/^\d+\. /m).slice(1).map((item) => linksOf(item)[0]);
  assert.ok(hops.length > 5 && hops.length <= mostHops, `${hops.length} hops`);
  for (const hop of hops) assert.ok(hop && nameIn(hop.text), 'each hop begins with a function that is a link');
  const names = hops.map(({ text }) => text);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), [], 'a name that stands twice');
});

test('this check sees what is wrong', () => {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'doc-links-'));
  try {
    fs.writeFileSync(path.join(base, 'code.cpp'), 'void Type::present() {}\n');
    const page = ['# A `heading`, twice', '# A `heading`, twice', '[good](#a-heading-twice-1) [good](code.cpp) [good](https://example.com/x)',
      '[`Type::present`](code.cpp) `[no link](gone.md)`', '```', '[no link](gone.md)', '```', '[bad](gone.md)', '[bad](#another)',
      '[bad](../../outside.md)', '[bad](code.cpp#L1)', '[`Type::absent`](code.cpp)', '', '[reference]: gone.md'];
    fs.writeFileSync(path.join(base, 'page.md'), page.join('\n'));
    assert.deepEqual(problemsOf(base, 'page.md'), ['page.md:8: gone.md does not exist', 'page.md:9: #another: there is no such heading',
      'page.md:10: ../../outside.md lies outside the repository', 'page.md:11: code.cpp#L1: only the headings of a page can be linked',
      'page.md:12: code.cpp has no absent', 'page.md:14: gone.md does not exist']);
  } finally {
    fs.rmSync(base, { recursive: true });
  }
});
