import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pair } from '../../certificate.ts';

/** Debian's Postgres, the newest that is installed. */
const BIN = globSync('/usr/lib/postgresql/*/bin').sort().at(-1) ?? '';
/** Postgres does not run as root: then it runs as `nobody`. */
const NOBODY = 65_534;
const PASSWORD = 'a real password';

/** @returns why a test has to be left out; false when the program is there. */
export const withoutPostgres = (): string | false =>
  existsSync(join(BIN, 'initdb')) ? false : 'postgresql is not installed';

export type Cluster = {
  /** With the password of the superuser `parley`. */
  url(database: string): string;
  start(): Promise<void>;
  /** As a crash: nothing more is written to disk. */
  crash(): Promise<void>;
};

/**
 * A Postgres of its own in a temporary folder, which asks for a password by SCRAM.
 * @param settings of postgresql.conf @param tls its certificate, if it speaks TLS
 */
export async function temporaryCluster(
  t: { after(end: () => Promise<void>): unknown },
  settings: readonly string[] = [],
  tls?: Pair,
): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-postgres-'));
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid);
  const passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const data = join(dir, 'data');
  const rights = ['-U', 'parley', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  execFileSync(join(BIN, 'initdb'), ['-D', data, '--no-sync', '-E', 'UTF8', '--locale=C', ...rights], {
    ...user,
    cwd: dir,
    stdio: 'pipe',
  });
  if (tls) {
    for (const [name, text] of [['server.crt', tls.certificate] as const, ['server.key', tls.key] as const]) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      if (user.uid !== undefined) chownSync(join(data, name), user.uid, user.gid);
    }
  }
  const port = await freePort();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const own = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', ''];
    const child = spawn(join(BIN, 'postgres'), [...own, ...flags], {
      ...user,
      cwd: dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('ready to accept connections')) resolve();
      });
      child.once('exit', () => reject(new Error(`Postgres did not start:\n${said}`)));
    });
  }

  async function crash(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server!.once('exit', resolve));
    server.kill('SIGQUIT'); // an immediate shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
    await ended;
  }

  t.after(async () => {
    await crash();
    rmSync(dir, { recursive: true, force: true });
  });
  await start();
  return {
    url: (database) => `postgres://parley:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`,
    start,
    crash,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
