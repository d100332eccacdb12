// A PostgreSQL of the test's own, on loopback, with a password: a private cluster in a temporary directory.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory, track } from './cleanup.mjs';
import { freePort } from './redis.mjs';
import { waitFor, within } from './wait.mjs';

const run = promisify(execFile);
const versions = '/usr/lib/postgresql';
const newest = () => join(versions, readdirSync(versions).sort((a, b) => b - a)[0], 'bin');
// The server refuses to be root.
const unprivileged = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : ['env'];

export async function startPostgres() {
  const postgres = new Postgres(await freePort());
  await postgres.init();
  await postgres.start();
  return postgres;
}

class Postgres {
  user = 'lull';
  password = 'Pg-secret; of {the} database';

  constructor(port) {
    this.port = port;
    this.directory = temporaryDirectory('pg');
    // A value in braces is taken as it is; a closing brace in it is doubled.
    const quoted = this.password.replaceAll('}', '}}');
    this.connectionString = `Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=${port};Database=postgres;Uid=${this.user};Pwd={${quoted}}`;
  }

  async init() {
    const passwordFile = join(this.directory, 'password');
    writeFileSync(passwordFile, this.password);
    if (process.getuid() === 0) execFileSync('chown', ['-R', 'postgres:postgres', this.directory]);
    this.data = join(this.directory, 'data');
    const [program, ...words] = [...unprivileged, join(newest(), 'initdb'), '-D', this.data, '-U', this.user, '-A', 'scram-sha-256',
      '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C.UTF-8', '-N'];
    await run(program, words, { cwd: '/' });
  }

  async start() {
    const options = { listen_addresses: '127.0.0.1', unix_socket_directories: this.directory, fsync: 'off', max_connections: '30' };
    const settings = Object.entries(options).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const [program, ...words] = [...unprivileged, join(newest(), 'postgres'), '-D', this.data, '-p', `${this.port}`, ...settings];
    this.child = track(spawn(program, words, { cwd: '/', stdio: 'ignore' }));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    await waitFor('PostgreSQL answers', async () => (await this.sql('SELECT 1')) === '1');
  }

  /** Ends it within a moment; open connections are told so (57P01). `start` brings it back with its data. */
  async stop() {
    this.child.kill('SIGINT');
    await within(10_000, 'PostgreSQL ends', this.exited);
  }

  /** Runs statements as one session, and returns what they print, without headings: columns by `|`, rows by line. */
  async sql(statements) {
    const child = run('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', `${this.port}`, '-U', this.user,
      'postgres'], { env: { ...process.env, PGPASSWORD: this.password }, maxBuffer: 1 << 26 });
    child.child.stdin.end(statements);
    return (await child).stdout.trim();
  }
}
