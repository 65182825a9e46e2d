import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AwsClient } from 'aws4fetch';
import pg from 'pg';
import type { GuardStore } from '../../../src/datafolder/guard.ts';
import { type GuardPlace, guardPlace } from '../../../src/datafolder/guard-place.ts';
import { guardInPostgres } from '../../../src/datafolder/guard-postgres.ts';
import { guardInS3 } from '../../../src/datafolder/guard-s3.ts';
import { GUARDED_ID, guardCases, temporaryFolder } from '../../../src/datafolder/testing/guard-cases.ts';
import { first, type Pair, second } from '../../certificate.ts';
import { motoServer, withoutMoto } from './moto-server.ts';
import { type Cluster, temporaryCluster, withoutPostgres } from './postgres-cluster.ts';

const noPostgres = withoutPostgres();
const noMoto = withoutMoto();
const postgresStore = (url: string) =>
  guardInPostgres(guardPlace(url, {}) as GuardPlace & { kind: 'postgres' }, GUARDED_ID);

if (noPostgres) test('the guard’s cases over Postgres', { skip: noPostgres }, () => {});
else {
  const ends: (() => Promise<void>)[] = [];
  let cluster: Promise<Cluster> | undefined;
  after(async () => {
    for (const end of ends) await end();
  });
  let databases = 0;
  const asAdmin = async (url: string, ...statements: string[]) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  guardCases('real Postgres', async () => {
    cluster ??= temporaryCluster({ after: (end) => ends.push(end) });
    const { url } = await cluster;
    const name = `guard${databases++}`;
    await asAdmin(url('postgres'), `CREATE DATABASE ${name}`);
    return {
      open: () => postgresStore(url(name)),
      remove: () => asAdmin(url(name), 'DELETE FROM parley_guard'),
      cut: () => asAdmin(url('postgres'), `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`),
    };
  });

  test('real Postgres: over TLS, with the password in PGPASSWORD, and not with a certificate of another', async (t) => {
    const { url } = await temporaryCluster(t, ['ssl=on'], first);
    const dir = temporaryFolder(t);
    const bare = new URL(url('postgres'));
    const before = process.env.PGPASSWORD;
    t.after(() => {
      if (before === undefined) delete process.env.PGPASSWORD;
      else process.env.PGPASSWORD = before;
    });
    const password = decodeURIComponent(bare.password);
    bare.password = '';
    const storeTrusting = ({ certificate }: Pair) => {
      const certFile = join(dir, 'trusted.pem');
      writeFileSync(certFile, certificate);
      const store = postgresStore(`${bare.href}?sslmode=verify-full&sslrootcert=${certFile}`);
      t.after(() => store.close!());
      return store;
    };
    delete process.env.PGPASSWORD;
    await assert.rejects(storeTrusting(first).read(), /set PGPASSWORD or PGPASSFILE/);
    process.env.PGPASSWORD = password;
    assert.ok(await storeTrusting(first).replace(0, 'over TLS'));
    await assert.rejects(storeTrusting(second).read(), /certificate/);
  });

  test('real Postgres: a write that was acknowledged outlives a crash of a database that acknowledges before it syncs', async (t) => {
    const lazy = ['synchronous_commit=off', 'wal_writer_delay=10s', 'wal_writer_flush_after=1GB'];
    const { url, crash, start } = await temporaryCluster(t, lazy);
    const store = postgresStore(url('postgres'));
    t.after(() => store.close!());
    for (let version = 0; version < 20; version++) assert.ok(await store.replace(version, `${version}`));
    await crash();
    await start();
    const after = postgresStore(url('postgres'));
    t.after(() => after.close!());
    assert.deepEqual(await after.read(), { version: 20, text: '19' });
  });
}

if (noMoto) test('the guard’s cases over S3', { skip: noMoto }, () => {});
else {
  guardCases('moto’s S3', async (t) => {
    const { endpoint, env, stop } = await motoServer(t);
    const made = await fetch(`${endpoint}/guards`, { method: 'PUT' });
    assert.equal(made.status, 200);
    const place = guardPlace('s3://guards/of/parley', env) as GuardPlace & { kind: 's3' };
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    const client = new AwsClient({ accessKeyId, secretAccessKey, region: env.AWS_REGION, service: 's3' });
    // moto compares in one step and writes in the next: of two requests at once both may win.
    let turn: Promise<unknown> = Promise.resolve();
    return {
      open() {
        const store = guardInS3(place, GUARDED_ID, env);
        const replace: GuardStore['replace'] = (version, text) => {
          const result = turn.then(() => store.replace(version, text));
          turn = result.catch(() => {});
          return result;
        };
        return { ...store, replace };
      },
      async remove() {
        const url = `${endpoint}/guards/of/parley/${GUARDED_ID}.json`;
        const { status } = await client.fetch(url, { method: 'DELETE' });
        assert.equal(status, 204);
      },
      cut: stop,
    };
  });
}
