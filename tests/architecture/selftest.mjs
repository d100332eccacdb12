// The check of the include table, checked: it passes on a tree that keeps the rules, and each broken rule is found and named.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const checker = fileURLToPath(new URL('check_includes.mjs', import.meta.url));
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lull-architecture-'));
after(() => fs.rmSync(scratch, { recursive: true }));

const check = (root) => spawnSync(process.execPath, [checker, root], { encoding: 'utf8' });

// A copy of our sources, in which each test puts what breaks a rule, and takes it out again.
const tree = path.join(scratch, 'tree');
for (const folder of ['include', 'service', 'docs']) {
  const filter = (source) => !source.includes('node_modules');
  fs.cpSync(path.join(checkout, folder), path.join(tree, folder), { recursive: true, filter });
}

function put(t, file, text) {
  const full = path.join(tree, file);
  const before = fs.existsSync(full) ? fs.readFileSync(full) : undefined;
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
  t.after(() => (before === undefined ? fs.rmSync(full) : fs.writeFileSync(full, before)));
}

const probe = (header) => `// A probe.\n#include ${header}\n`;

const forbidden = [
  ['text includes runtime', 'include/lull/text/probe.hpp', probe('<lull/runtime/log.hpp>'), 2],
  ['domain includes ports', 'include/lull/domain/probe.hpp', probe('<lull/ports/queue.hpp>'), 2],
  ['domain includes text', 'include/lull/domain/probe.hpp', probe('<lull/text/ascii.hpp>'), 2],
  ['text includes domain', 'service/text/probe.cpp', probe('<lull/domain/time.hpp>'), 2],
  ['JSON in text', 'service/text/probe.cpp', probe('<nlohmann/json.hpp>'), 2],
  ['dispatch includes debounce', 'service/dispatch/probe.cpp', probe('<lull/debounce/x.hpp>'), 2],
  ['dispatch includes redis', 'service/dispatch/probe.cpp', probe('"lull/redis/connection.hpp"'), 2],
  ['dispatch includes http', 'service/dispatch/probe.cpp', probe('<lull/http/response.hpp>'), 2],
  ['redis includes net', 'service/redis/probe.cpp', probe('<lull/net/x.hpp>'), 2],
  ['rabbit includes stomp', 'service/rabbit/probe.cpp', probe('<lull/stomp/x.hpp>'), 2],
  ['brokers includes rabbit', 'service/brokers/probe.cpp', probe('<lull/rabbit/x.hpp>'), 2],
  ['rabbit includes net', 'service/rabbit/probe.cpp', probe('<lull/net/x.hpp>'), 2],
  ['amqp includes dispatch', 'service/amqp/probe.cpp', probe('<lull/dispatch/dispatcher.hpp>'), 2],
  ['http includes domain', 'service/http/probe.cpp', probe('<lull/domain/result.hpp>'), 2],
  ['http includes auth', 'include/lull/http/probe.hpp', probe('<lull/auth/roles.hpp>'), 2],
  ['auth includes api', 'service/auth/probe.cpp', probe('<lull/api/server.hpp>'), 2],
  ['auth includes redis', 'service/auth/probe.cpp', probe('<lull/redis/connection.hpp>'), 2],
  ['web includes http', 'service/web/probe.cpp', probe('<lull/http/response.hpp>'), 2],
  ['api includes redis', 'service/api/probe.cpp', probe('<lull/redis/connection.hpp>'), 2],
  ['api includes net', 'service/api/probe.cpp', probe('<lull/net/destinations.hpp>'), 2],
  ['api includes a private header of http', 'service/api/probe.cpp', probe('"../http/acceptor.hpp"'), 2],
  ['config includes ports', 'service/config/probe.cpp', probe('<lull/ports/queue.hpp>'), 2],
  ['runtime includes domain', 'include/lull/runtime/probe.hpp', probe('<lull/domain/time.hpp>'), 2],
  ['a private header of another module', 'service/api/probe.cpp', probe('"../runtime/probe.hpp"'), 2],
  ['a module that the design does not know', 'service/helpers/probe.cpp', probe('<vector>'), 1],
  ['hiredis outside redis', 'service/app/probe.cpp', probe('<hiredis/hiredis.h>'), 2],
  ['Boost outside net', 'service/dispatch/probe.cpp', probe('<boost/asio/post.hpp>'), 2],
  ['cpprest in api', 'service/api/probe.cpp', probe('<cpprest/http_client.h>'), 2],
  ['httplib in api', 'service/api/probe.cpp', probe('<httplib.h>'), 2],
  ['httplib in net', 'service/net/probe.cpp', probe('<httplib.h>'), 2],
  ['prometheus in http', 'service/http/probe.cpp', probe('<prometheus/registry.h>'), 2],
  ['a library of AMQP 0-9-1 in amqp', 'service/amqp/probe.cpp', probe('<rabbitmq-c/amqp.h>'), 2],
  ['a library of AMQP 1.0 in rabbit', 'service/rabbit/probe.cpp', probe('<proton/connection.hpp>'), 2],
  ['JSON in the ports', 'include/lull/ports/probe.hpp', probe('<nlohmann/json.hpp>'), 2],
  ['JSON in text', 'service/text/probe.cpp', probe('<nlohmann/json.hpp>'), 2],
  ['prometheus in runtime', 'service/runtime/probe.cpp', probe('<prometheus/registry.h>'), 2],
  ['sockets in a core module', 'service/deadletters/probe.cpp', probe('<sys/socket.h>'), 2],
  ['sockets in api', 'service/api/probe.cpp', probe('<sys/socket.h>'), 2],
  ['sockets in auth', 'service/auth/probe.cpp', probe('<netinet/in.h>'), 2],
  ['a main of 40 lines', 'service/main.cpp', 'int main() {}\n'.repeat(40), 40],
  ['a file of more than 320 lines', 'service/net/probe.cpp', '\n'.repeat(321), 321],
];

for (const [name, file, text, line] of forbidden) {
  test(`${name} is found`, (t) => {
    put(t, file, text);
    const result = check(tree);
    assert.equal(result.status, 1, result.stdout + result.stderr);
    assert.match(result.stderr, new RegExp(`^${file.replaceAll('.', '\\.')}:${line}: `, 'm'));
  });
}

const page = fs.readFileSync(path.join(checkout, 'docs/design.md'), 'utf8');
const rowOfNet = page.split('\n').find((line) => line.startsWith('| `net` |'));
for (const [what, row, found] of [
  ['says something else', `${rowOfNet.replace('runtime', 'runtime http')}\n`, /^docs\/design\.md:\d+: says that net may include "domain formats http ports runtime text"/m],
  ['is missing', '', /^docs\/design\.md: has no row of the module net$/m],
]) {
  test(`a row of the page that ${what} is found`, (t) => {
    put(t, 'docs/design.md', page.replace(`${rowOfNet}\n`, row));
    assert.match(check(tree).stderr, found);
  });
}

test('too many files in a folder are found', (t) => {
  for (let i = 0; i <= 20; ++i) put(t, `service/api/probe/${i}.cpp`, '');
  const result = check(tree);
  assert.equal(result.status, 1, result.stdout + result.stderr);
  assert.match(result.stderr, /^service\/api\/probe: has 21 files, and 20 are the most$/m);
});

test('what the rules allow passes', () => {
  const root = path.join(scratch, 'allowed');
  const write = (file, text) => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  };
  write('include/lull/domain/time.hpp', '#include <chrono>\n');
  write('service/redis/private.hpp', '// #include <boost/asio/post.hpp>\n');
  write('service/redis/a.cpp', '#include "private.hpp"\n#include <hiredis/hiredis.h>\n#include <lull/domain/time.hpp>\n');
  write('service/http/a.cpp', '#include <httplib.h>\n#include <lull/runtime/log.hpp>\n#include <lull/text/utf8.hpp>\n#include <sys/socket.h>\n');
  write('service/auth/a.cpp', '#include <lull/http/json.hpp>\n#include <lull/ports/clock.hpp>\n#include <nlohmann/json.hpp>\n');
  write('service/api/a.cpp', '#include <lull/auth/roles.hpp>\n#include <lull/http/json.hpp>\n#include <lull/web/assets.hpp>\n');
  write('service/rabbit/a.cpp', '#include <lull/ports/channel.hpp>\n#include <lull/runtime/log.hpp>\n#include <rabbitmq-c/amqp.h>\n');
  write('service/amqp/a.cpp', '#include <lull/ports/channel.hpp>\n#include <proton/connection.hpp>\n');
  write('service/net/adapters/a.cpp', '#include <boost/asio/post.hpp>\n#include <lull/runtime/log.hpp>\n');
  write('service/main.cpp', '#include <lull/app/main.hpp>\nint main() {}\n');
  const result = check(root);
  assert.equal(result.status, 0, result.stderr);
});
