// Where a setting may come from, and which source wins.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { runLull, startLull } from './support/lull.mjs';

/** print-config's line on a key: what holds and where it came from. */
async function lineOf(key, { env = {}, ...options }) {
  // Not Production unless a test says so: there an External Redis needs an encryption key.
  const environment = env.ASPNETCORE_ENVIRONMENT ? env : { DOTNET_ENVIRONMENT: 'Staging', ...env };
  const { code, output, stdout } = await runLull({ ...options, env: environment, command: ['print-config', ...(options.command ?? [])] });
  assert.equal(code, 0, output);
  const line = stdout.split('\n').find((each) => new RegExp(`(^|[\\s"])${key}([\\s"=:]|$)`).test(each));
  assert.ok(line, `${key} in:\n${stdout}`);
  return line;
}

const files = (contents) => {
  const cwd = temporaryDirectory('cwd');
  for (const [name, text] of Object.entries(contents)) {
    writeFileSync(join(cwd, name), typeof text === 'string' ? text : JSON.stringify(text));
  }
  return cwd;
};

/** One value other than the default for each row of the contract's table. */
const rows = {
  Urls: 'http://127.0.0.1:18081',
  PathBase: '/lull',
  'Redis:ConnectionString': '127.0.0.1:16379',
  'Redis:KeyPrefix': 'other',
  'Redis:DataDirectory': './elsewhere',
  'Redis:AppendFsync': 'everysec',
  'Redis:AllowVolatile': 'true',
  'Debouncing:Interval': '00:01:00',
  'Debouncing:MaxWait': '00:02:00',
  'Notifications:IdField': 'Specific',
  'Delivery:Timeout': '00:00:14',
  'Delivery:MaxConcurrency': '255',
  'Delivery:MaxConcurrencyPerEndpoint': '15',
  'Delivery:Transport': 'CppRest',
  'Delivery:SuccessStatuses': '200',
  'Delivery:PermanentStatuses': '400,404',
  'Delivery:Retry:Schedule': '00:00:01,00:00:03',
  'Delivery:Retry:Jitter': '0.3',
  'Delivery:Retry:MaxRetryAfter': '02:00:00',
  'Delivery:CircuitBreaker:Failures': '6',
  'Delivery:CircuitBreaker:Probe': '00:00:11',
  'Delivery:CircuitBreaker:MaxProbe': '00:06:00',
  'Delivery:MaxAge': '5.00:00:00',
  'Delivery:MaxQueued': '5',
  'Delivery:MaxQueuedBytes': '4096',
  'Delivery:SyncDeadline': '00:00:03',
  'Delivery:LeaseMargin': '00:00:12',
  'DeadLetters:Retention': '31.00:00:00',
  'DeadLetters:MaxPerEndpoint': '99999',
  'Replay:Retention': '8.00:00:00',
  'Replay:MaxItems': '99998',
  'Mailboxes:MaxWaiting': '9999',
  'Mailboxes:IdleExpiry': '11.00:00:00',
  'Mailboxes:MaxReceives': '7',
  'Mailboxes:AllowPublish': 'true',
  'Mailboxes:PublishType:AssetChanged': 'AssetDeleted',
  'Egress:AllowedNetworks': '10.0.0.0/8',
  'Egress:AllowedHosts': '.svc.cluster.local',
  'Egress:AllowedPorts': '1-65535',
  'Egress:CaFile': '/etc/ssl/certs/ca-certificates.crt',
  'Authentication:AllowAnonymous': 'true',
  'Authentication:Jwt:ClientId': 'lull-console',
  'Authentication:Jwt:Scope': 'openid roles',
  'Events:IdempotencyWindow': '2.00:00:00',
  'Limits:MaxBodyBytes': '1048577',
  'Management:Urls': 'http://127.0.0.1:18082',
  'Shutdown:Deadline': '00:00:26',
  'Startup:WaitForRedis': 'false',
  'Logging:LogLevel:Default': 'Debug',
  'Limits:RequestsPerSecond': '100',
  'Logging:Format': 'Console',
  'FormatValues:Source': '/dam/production',
  'Brokers:0:Name': 'fs',
  'Brokers:0:Url': 'amqps:mq.example.org port:5671 vh:/no/uio/fs ex:ex_fs_messages',
  'Brokers:0:Username': 'lull',
  'Formats:0:Name': 'Own',
  'Formats:0:ContentType': 'application/x-own',
  'Formats:0:Body': '["{itemId}"]',
  'Sources:0:Name': 'crm',
  'Sources:0:Type': 'outbox',
  'Sources:0:Table': 'crm.outbox',
  'Sources:0:Columns': 'id=no,type=kind,itemId=item,baseId=base,error=why',
  'Sources:0:TakeSql': 'SELECT 1',
  'Sources:0:Interval': '00:00:30',
  'Sources:0:BatchSize': '50',
};
const source = { Sources__0__Name: 'crm', Sources__0__Type: 'Outbox', Sources__0__ConnectionString: 'Dsn=crm' };
// Other settings that a value needs.
const companions = {
  'Delivery:Transport': { Egress__AllowedHosts: 'receiver' },
  'Brokers:0:Name': { Brokers__0__Url: 'amqps://lull:secret@mq.example.org' },
  'Brokers:0:Url': { Brokers__0__Name: 'fs', Brokers__0__Username: 'lull', Brokers__0__Password: 'secret' },
  'Brokers:0:Username': { Brokers__0__Name: 'fs', Brokers__0__Url: 'amqps:mq.example.org', Brokers__0__Password: 'secret' },
  'Formats:0:Name': { Formats__0__Body: '{}' },
  'Formats:0:ContentType': { Formats__0__Name: 'Own', Formats__0__Body: '{}' },
  'Formats:0:Body': { Formats__0__Name: 'Own' },
  ...Object.fromEntries(['Table', 'Columns', 'TakeSql', 'Interval', 'BatchSize'].map((key) => [`Sources:0:${key}`, source])),
  'Sources:0:Name': { Sources__0__Type: 'Outbox', Sources__0__ConnectionString: 'Dsn=crm' },
  'Sources:0:Type': { Sources__0__Name: 'crm', Sources__0__ConnectionString: 'Dsn=crm' },
};
const nested = (key, value) => key.split(':').reduceRight((inner, part) => ({ [part]: inner }), value);

suite('settings: every row', () => {
  for (const [key, value] of Object.entries(rows)) {
    it(`${key} from a file, the environment and the command line`, async () => {
      const variable = key.replaceAll(':', '__');
      const env = companions[key] ?? {};
      const fromFile = await lineOf(key, { env, cwd: files({ 'appsettings.json': nested(key, value) }) });
      const fromEnvironment = await lineOf(key, { env: { ...env, [variable]: value } });
      const fromCommandLine = await lineOf(key, { env, settings: { [key]: value } });
      for (const line of [fromFile, fromEnvironment, fromCommandLine]) assert.ok(line.includes(value), `${value} in: ${line}`);
      assert.match(fromFile, /appsettings\.json/);
      assert.match(fromEnvironment, /environment/i);
      assert.match(fromCommandLine, /command.?line/i);
    });
  }
});

suite('settings: layers', () => {
  const key = 'Debouncing:Interval';
  const of = (seconds) => nested(key, `00:00:0${seconds}`);

  it('later layers win: file, file of the environment, variable, command line', async () => {
    const cwd = files({ 'appsettings.json': of(1), 'appsettings.Test.json': of(2), 'appsettings.Production.json': of(6), 'appsettings.Staging.json': of(5) });
    assert.match(await lineOf(key, { cwd, env: { DOTNET_ENVIRONMENT: 'Test' } }), /00:00:02.*appsettings\.Test\.json/);
    assert.match(await lineOf(key, { cwd, env: { ASPNETCORE_ENVIRONMENT: 'Test' } }), /00:00:02/);
    assert.match(await lineOf(key, { cwd, env: { DOTNET_ENVIRONMENT: '' } }), /00:00:06/);
    assert.match(await lineOf(key, { cwd }), /00:00:05/);
    assert.match(await lineOf(key, { cwd, env: { Debouncing__Interval: '00:00:03' } }), /00:00:03/);
    assert.match(await lineOf(key, { cwd, env: { Debouncing__Interval: '00:00:03' }, settings: { [key]: '00:00:04' } }), /00:00:04/);
  });

  it('keys are case-insensitive, whatever layer they come from', async () => {
    const cwd = files({ 'appsettings.json': { debouncing: { INTERVAL: '00:00:01' } } });
    assert.match(await lineOf(key, { cwd }), /00:00:01/);
    assert.match(await lineOf(key, { cwd, env: { DEBOUNCING__interval: '00:00:02' } }), /00:00:02/);
    assert.match(await lineOf(key, { cwd, settings: { 'debouncing:interval': '00:00:03' } }), /00:00:03/);
  });

  it('--contentRoot says where the files are', async () => {
    const root = files({ 'appsettings.json': of(7) });
    assert.match(await lineOf(key, { command: [`--contentRoot=${root}`] }), /00:00:07/);
  });

  it('--KeyPerFileDirectory reads mounted secrets', async () => {
    const directory = temporaryDirectory('keys');
    writeFileSync(join(directory, 'Debouncing__Interval'), '00:00:08\n');
    writeFileSync(join(directory, 'Redis__ConnectionString'), '127.0.0.1:16379,password=hunter2');
    mkdirSync(join(directory, '..data'));
    const options = { command: [`--KeyPerFileDirectory=${directory}`] };
    assert.match(await lineOf(key, options), /00:00:08/);
    const line = await lineOf('Redis:ConnectionString', options);
    assert.ok(!line.includes('hunter2'), line);
  });

  it('ConnectionStrings:Redis and ASPNETCORE_URLS are understood, and a connection string means External', async () => {
    const env = { ConnectionStrings__Redis: 'unix:/tmp/redis.sock', ASPNETCORE_URLS: 'http://127.0.0.1:18083' };
    assert.match(await lineOf('Redis:ConnectionString', { env }), /redis\.sock/);
    assert.match(await lineOf('Redis:Mode', { env }), /External/);
    assert.match(await lineOf('Redis:Mode', {}), /Managed/);
    assert.match(await lineOf('Urls', { env }), /18083/);
  });

  it('arrays merge by index, and a comma-separated string replaces the list', async () => {
    const cwd = files({ 'appsettings.json': nested('Delivery:PermanentStatuses', [400, 401, 402]) });
    const statuses = async (env) => (await lineOf('Delivery:PermanentStatuses', { cwd, env })).replaceAll(/[\s"[\]]/g, '');
    assert.match(await statuses({}), /400,401,402/);
    assert.match(await statuses({ Delivery__PermanentStatuses__1: '422' }), /400,422,402/);
    const replaced = await statuses({ Delivery__PermanentStatuses: '413' });
    assert.match(replaced, /413/);
    assert.doesNotMatch(replaced, /400|401|402/);
  });

  it('an interval of a minute alone starts: MaxWait follows it', async () => {
    assert.match(await lineOf('Debouncing:MaxWait', { settings: { [key]: '00:01:00' } }), /00:06:00/);
    const lull = await startLull({ settings: { [key]: '00:01:00' } });
    assert.equal((await lull.outside('/healthz/ready')).status, 200);
  });
});
