import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFolder } from './folder.ts';
import { guardPlace } from './guard-place.ts';
import { guardOf } from './guard-setting.ts';

const AWS = { AWS_REGION: 'eu-central-1' };

test('a place is a folder, a bucket with an endpoint and a region, or a database', () => {
  assert.deepEqual(guardPlace('/mnt/other', {}), { kind: 'folder', path: '/mnt/other' });
  assert.deepEqual(guardPlace('s3://guards/of/parley', AWS), {
    kind: 's3',
    bucket: 'guards',
    prefix: 'of/parley',
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    region: 'eu-central-1',
    text: 's3://guards/of/parley?endpoint=https%3A%2F%2Fs3.eu-central-1.amazonaws.com&region=eu-central-1',
  });
  const minio = guardPlace('s3://guards', { AWS_ENDPOINT_URL: 'http://minio:9000' });
  assert.partialDeepStrictEqual(minio, { endpoint: 'http://minio:9000', region: 'us-east-1', prefix: '' });
  const both = { AWS_ENDPOINT_URL: 'http://all:9000', AWS_ENDPOINT_URL_S3: 'http://s3:9000', ...AWS };
  assert.partialDeepStrictEqual(guardPlace('s3://guards', both), { endpoint: 'http://s3:9000' });
  assert.deepEqual(guardPlace('postgres://me:secret@db:5433/parley?sslmode=verify-full', {}), {
    kind: 'postgres',
    url: 'postgres://me:secret@db:5433/parley?sslmode=verify-full',
    text: 'postgres://me@db:5433/parley?sslmode=verify-full',
  });
  const socket = 'postgresql:///parley?host=/run/postgresql&user=me';
  assert.deepEqual(guardPlace(socket, {}), { kind: 'postgres', url: socket, text: socket });
});

test('what is remembered of a place finds it again in any environment', () => {
  for (const given of ['s3://guards/of/parley', 'postgres://me@db/parley']) {
    const place = guardPlace(given, { ...AWS, AWS_ENDPOINT_URL: 'http://minio:9000' });
    assert.ok(place.kind !== 'folder');
    const elsewhere = { AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL_S3: 'http://other:9000' };
    assert.deepEqual(
      guardPlace(place.text, elsewhere),
      place.kind === 's3' ? place : { ...place, url: place.text },
    );
  }
});

test('an address that names no place is refused without its password', () => {
  const cases: [string, RegExp][] = [
    ['https://me:hunter2@example.com/guard', /takes a folder .* this https: address/],
    ['s3://me:hunter2@guards/of', /credentials come from AWS_ACCESS_KEY_ID/],
    ['s3://Guards_Of/a', /no bucket's name/],
    ['s3://guards/a b', /prefix/],
    ['s3://guards/a//b', /prefix/],
    ['s3://guards/a?versionId=1', /parameter "versionId"/],
    ['s3://guards/a?endpoint=ftp://x', /endpoint/],
    ['s3://guards/a?endpoint=https://x/path', /endpoint/],
    ['postgres://db', /database is missing/],
    ['postgres:///parley', /host is missing/],
    ['postgres://db/parley?password=hunter2', /PGPASSWORD/],
    ['postgres://me:hun#ter2@db/parley', /takes/],
  ];
  for (const [given, what] of cases) {
    assert.throws(
      () => guardPlace(given, AWS),
      (error: Error) => what.test(error.message) && !/hunter2|ter2/.test(error.message),
      given,
    );
  }
  assert.throws(() => guardPlace('s3://guards/a', {}), /AWS_REGION/);
});

test('a folder remembers its guard without a password, for the starts and commands after', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-guard-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const folder = openFolder(join(dir, 'data'), 'parley.example');
  t.after(() => folder.release());
  const kept = () => JSON.parse(readFileSync(join(folder.path, 'guard.json'), 'utf8')).place;
  const env = { ...AWS, AWS_ACCESS_KEY_ID: 'AKIA0', AWS_SECRET_ACCESS_KEY: 'hunter2' };
  for (const given of ['s3://guards/of', 'postgres://me:hunter2@db/parley', join(dir, 'other')]) {
    assert.ok(await guardOf(folder, given, undefined, env));
    assert.doesNotMatch(kept(), /hunter2/);
    assert.ok(await guardOf(folder, undefined, undefined, env));
  }
  await guardOf(folder, 's3://guards/of', undefined, env);
  await assert.rejects(guardOf(folder, undefined, undefined, {}), /AWS_ACCESS_KEY_ID/);
  await assert.rejects(guardOf(folder, join(folder.path, 'x'), undefined, {}), /lies in the data folder/);
  assert.equal(await guardOf(folder, 'none'), undefined);
  assert.equal(await guardOf(folder, undefined), undefined);
});
