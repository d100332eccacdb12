// Checks the table "Modules" of docs/design.md: who may include whom, which library stays where, and that files and folders
// stay small. Usage: check_includes.mjs [root of the checkout]
// Prints one line per violation, `file:line: what`, and exits 1 when there is any.
import fs from 'node:fs';
import path from 'node:path';

const core = ['debounce', 'dispatch', 'deadletters', 'history', 'synchronous', 'mailboxes', 'sources', 'jobs'];
// Those that reach brokers share the module `brokers`.
const toBrokers = ['rabbit', 'stomp', 'amqp'];
const channels = ['net', 'brokers', ...toBrokers];
const adapters = ['redis', 'odbc', ...channels];

// A module may include itself and these. `app`, the composition root, may include every module.
const allowed = {
  text: [],
  runtime: [],
  domain: [],
  ports: ['domain'],
  formats: ['domain', 'text'],
  ...Object.fromEntries([...core, ...adapters].map((module) => [module, ['domain', 'ports', 'runtime', 'text']])),
  ...Object.fromEntries(channels.map((module) => [module, ['domain', 'ports', 'runtime', 'text', 'formats']])),
  ...Object.fromEntries(toBrokers.map((module) => [module, ['domain', 'ports', 'runtime', 'text', 'formats', 'brokers']])),
  http: ['runtime', 'text'],
  auth: ['domain', 'ports', 'runtime', 'text', 'http'],
  web: [],
  api: ['domain', 'ports', 'runtime', ...core, 'formats', 'http', 'auth', 'web', 'text'],
  config: ['domain', 'formats', 'text'],
};
allowed.app = Object.keys(allowed);

// A library stays in the adapter that owns it, so that it can be replaced there.
const plain = ['text', 'domain', 'ports', ...core];
const libraries = [
  { header: /^hiredis/, name: 'hiredis', only: ['redis'] },
  { header: /^ares/, name: 'c-ares', only: ['net'] },
  { header: /^boost\//, name: 'Boost', only: ['net'] },
  { header: /^(cpprest|pplx)\//, name: 'cpprestsdk', only: ['net', 'app'] },
  { header: /^httplib\.h$/, name: 'cpp-httplib', only: ['http'] },
  { header: /^prometheus\//, name: 'prometheus-cpp', only: ['api'] },
  { header: /^(amqpcpp|rabbitmq-c|amqp\.h)/, name: 'an AMQP 0-9-1 library', only: ['rabbit'] },
  { header: /^(proton\/|qpid)/, name: 'an AMQP 1.0 library', only: ['amqp'] },
  { header: /^(sql|sqlext|sqltypes|sqlucode|odbcinst)\.h$/, name: 'ODBC', only: ['odbc'] },
  { header: /^nlohmann\//, name: 'nlohmann-json', except: plain },
  // inet_pton and inet_ntop, which read and write addresses, stand beside the sockets.
  { header: /^arpa\/inet\.h/, name: 'addresses of sockets', only: ['text', 'net'] },
  { header: /^(sys\/socket|netinet\/|arpa\/|netdb)/, name: 'sockets', except: [...plain, 'api', 'auth'] },
];

const mainLimit = 40;
// A file holds one concept; a folder of more files than this, those in its folders not counted, holds several trades.
const fileLimit = 320;
const folderLimits = { 'service/api': 20 };

const root = path.resolve(process.argv[2] ?? '.');

// The table of modules on the page: a row per module that exists, with those that it may include.
function checkPage(page) {
  if (!fs.existsSync(path.join(root, page))) return;
  const inModules = (module) => fs.existsSync(path.join(root, 'include/lull', module)) || fs.existsSync(path.join(root, 'service', module));
  const rows = new Map();
  fs.readFileSync(path.join(root, page), 'utf8').split('\n').forEach((line, index) => {
    const row = /^\| `(\w+)` \|[^|]*\| ([^|]+) \|$/.exec(line);
    if (row && row[1] in allowed) rows.set(row[1], { place: `${page}:${index + 1}`, says: row[2] });
  });
  for (const [module, may] of Object.entries(allowed).filter(([name]) => inModules(name))) {
    const row = rows.get(module);
    const said = row?.says === 'all' ? Object.keys(allowed) : row?.says.match(/\w+/g) ?? [];
    const sorted = (names) => names.filter((name) => inModules(name) && name !== module).sort().join(' ');
    if (!row) problems.push(`${page}: has no row of the module ${module}`);
    else if (sorted(said) !== sorted(may)) problems.push(`${row.place}: says that ${module} may include "${sorted(said)}", and here it is "${sorted(may)}"`);
  }
}
const problems = [];

function* sourcesBelow(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sourcesBelow(full);
    else if (/\.(cpp|hpp|h)$/.test(entry.name)) yield full;
  }
}

// The module a path belongs to: include/lull/<module>/… or service/<module>/…; service/main.cpp is part of `app`.
function moduleOf(relative) {
  if (relative === 'service/main.cpp') return 'app';
  return /^(?:include\/lull|service)\/([^/]+)\//.exec(relative)?.[1];
}

// What is wrong with an include that names a header of ours, or undefined.
function judgeOurs(from, to, header) {
  if (to === from) return undefined;
  if (!(to in allowed)) return `${header} is in no module of the design`;
  if (!allowed[from].includes(to)) return `${from} may not include ${to} (${header})`;
  return undefined;
}

// A quoted include names a private header: beside the file, or in the module's folder below service/.
function judgeQuoted(file, from, header) {
  const candidates = [path.dirname(file), path.join(root, 'service', from)].map((folder) => path.join(folder, header));
  const found = candidates.find((candidate) => fs.existsSync(candidate));
  const owner = found && moduleOf(path.relative(root, found));
  if (owner === from) return undefined;
  return `"${header}" is no private header of ${from}; another module's go by <lull/…>`;
}

function judgeLibrary(from, header) {
  const library = libraries.find(({ header: pattern }) => pattern.test(header));
  if (!library) return undefined;
  const may = library.only ? library.only.includes(from) : !library.except.includes(from);
  return may ? undefined : `${library.name} may not be included in ${from} (${header})`;
}

function judge(file, from, quote, header) {
  const ours = /^lull\/([^/]+)\//.exec(header);
  if (ours) return judgeOurs(from, ours[1], header);
  return judgeLibrary(from, header) ?? (quote === '"' ? judgeQuoted(file, from, header) : undefined);
}

function check(file) {
  const relative = path.relative(root, file);
  const module = moduleOf(relative);
  if (!(module in allowed)) {
    problems.push(`${relative}:1: ${module ?? 'this place'} is no module of the design`);
    return;
  }
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  lines.forEach((line, index) => {
    const include = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
    const problem = include && judge(file, module, include[1], include[2]);
    if (problem) problems.push(`${relative}:${index + 1}: ${problem}`);
  });
  if (lines.length - 1 > fileLimit) {
    problems.push(`${relative}:${fileLimit + 1}: a file has at most ${fileLimit} lines; split it by concept`);
  }
  if (relative === 'service/main.cpp' && lines.length - 1 >= mainLimit) {
    problems.push(`${relative}:${mainLimit}: main.cpp has ${mainLimit} lines or more; wiring belongs into app`);
  }
}

const files = ['include/lull', 'service'].flatMap((folder) => [...sourcesBelow(path.join(root, folder))]);
files.forEach(check);
for (const [folder, limit] of Object.entries(folderLimits)) {
  const inFolder = new Map();
  for (const file of files.map((name) => path.dirname(path.relative(root, name)))) inFolder.set(file, (inFolder.get(file) ?? 0) + 1);
  for (const [name, count] of inFolder) {
    const counts = name === folder || name.startsWith(`${folder}/`);
    if (counts && count > limit) problems.push(`${name}: has ${count} files, and ${limit} are the most`);
  }
}
checkPage('docs/design.md');
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} violations`);
process.exitCode = problems.length > 0 || files.length === 0 ? 1 : 0;
