import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { makeId, Problem } from '#kernel';
import { DOWNLOAD_MS } from './jobs.ts';
import type { UploadPart } from './port.ts';
import { aPerson, aPost, bodyOf, cutBody, jobWorld, OWNER, START_MS, tokenOf } from './testing/world.ts';
import { UPLOAD_BYTES_MAX } from './upload.ts';
import { UPLOAD_MS } from './uploads.ts';

const id = (ago: number) => makeId(START_MS - ago * 1_000, 1);
const problem = (code: string, detail?: RegExp) => (error: unknown) =>
  error instanceof Problem && error.code === code && (!detail || detail.test(error.message));

/** A resumable job with its session begun. */
async function resumable(t: TestContext) {
  const world = jobWorld(t);
  const job = world.compliance.create(OWNER, { type: 'posts', resumable: true });
  const token = tokenOf(job.uploadTarget);
  const begin = async () =>
    new URLSearchParams((await world.compliance.startSession(job.id, token)).split('?')[1]);
  let session = (await begin()).get('upload_id')!;
  const send = (part: { from: number; total?: number; body: AsyncIterable<Buffer> }) =>
    world.compliance.receive(job.id, token, { of: 'session', session, ...part });
  const there = (total?: number) =>
    world.compliance.receive(job.id, token, {
      of: 'question',
      session,
      ...(total !== undefined && { total }),
    });
  return {
    world,
    job,
    token,
    send,
    there,
    async again() {
      session = (await begin()).get('upload_id')!;
    },
    status: () => world.compliance.job(OWNER.appId, job.id)!.status,
  };
}

describe('a job', () => {
  test('is looked for by no stranger: who guesses makes nobody go through what is over its time', (t) => {
    const { compliance, clock } = jobWorld(t);
    const job = compliance.create(OWNER, { type: 'posts', resumable: false });
    clock.advance(UPLOAD_MS);
    assert.throws(() => compliance.result(job.id, 'guessed'), problem('not-found'));
    assert.equal(compliance.state().jobs, 1);
    assert.throws(() => compliance.result(job.id, tokenOf(job.downloadTarget)), problem('not-found'));
    assert.equal(compliance.state().jobs, 0);
  });

  test('answers which posts must go, why and since when, and says nothing of the others', async (t) => {
    const world = jobWorld(t);
    world.apply(
      ...['11', '12', '13', '14', '15', '16'].map((one) => aPerson(one)),
      ...['11', '12', '13', '14', '15', '16', '17'].map((author, at) => aPost(id(100 + at), author)),
      aPost(id(50), '11'),
      { kind: 'delete-post', id: id(50), at: START_MS - 10 },
      { kind: 'delete-person', id: '12', at: START_MS - 20 },
      { kind: 'person-state', id: '13', state: 'suspended' },
      { kind: 'person-state', id: '14', state: 'deactivated' },
      { kind: 'protect', id: '15', protected: true },
      { kind: 'withhold-post', id: id(105), withheld: { countryCodes: ['DE'] } },
    );
    const all = [...[100, 101, 102, 103, 104, 105, 106, 50].map(id), id(999)];
    const { job, lines } = await world.ask('posts', all.join('\n'));
    assert.equal(job.status, 'complete');
    assert.deepEqual(
      lines.map(({ id: one, reason }) => [one, reason]),
      [
        [id(101), 'deleted'],
        [id(102), 'suspended'],
        [id(103), 'deactivated'],
        [id(104), 'protected'],
        [id(50), 'deleted'],
      ],
    );
    assert.deepEqual(lines.at(-1), {
      id: id(50),
      action: 'delete',
      created_at: new Date(START_MS - 50_000).toISOString(),
      redacted_at: new Date(START_MS - 10).toISOString(),
      reason: 'deleted',
    });
    assert.deepEqual(world.mistakes, []);
  });

  test('answers which persons must go', async (t) => {
    const world = jobWorld(t);
    world.apply(
      ...['11', '12', '13', '14', '15'].map((one) => aPerson(one, { createdAt: 1_600_000_000_000 })),
    );
    world.apply(
      { kind: 'delete-person', id: '12', at: START_MS },
      { kind: 'person-state', id: '13', state: 'suspended' },
      { kind: 'person-state', id: '14', state: 'deactivated' },
      { kind: 'protect', id: '15', protected: true },
    );
    const { lines } = await world.ask('persons', '11\r\n12\r\n\r\n13\r\n14\r\n15\r\n99\r\n');
    assert.deepEqual(
      lines.map(({ id: one, reason }) => `${one} ${reason}`),
      ['12 deleted', '13 suspended', '14 deactivated', '15 protected'],
    );
    assert.equal(lines[1].created_at, '2020-09-13T12:26:40.000Z');
  });

  test('takes a byte order mark, spaces, empty lines and no last line end; an empty upload is complete', async (t) => {
    const world = jobWorld(t);
    world.apply({ kind: 'delete-post', id: '5', at: START_MS });
    const found = await world.ask('posts', '\ufeff5\n\n  5\t\n5');
    assert.deepEqual(
      found.lines.map((line) => line.id),
      ['5', '5', '5'],
    );
    const empty = await world.ask('posts', '');
    assert.deepEqual([empty.job.status, empty.lines], ['complete', []]);
  });

  for (const [what, upload, said] of [
    ['a word', '1\n2\nthree\n4', 'Line 3 is no id: "three".'],
    ['a header', 'id\n1', 'Line 1 is no id: "id".'],
    ['a number that is no id', `1\n${'9'.repeat(19)}`, `Line 2 is no id: "${'9'.repeat(19)}".`],
    ['a leading zero', '007', 'Line 1 is no id: "007".'],
    ['a sign', '-1', 'Line 1 is no id: "-1".'],
    ['bytes', '1\n\u0000\u0001', 'Line 2 is no id: "\\u0000\\u0001".'],
    ['a line without end', '1'.repeat(600_000), `Line 1 is no id: "${'1'.repeat(24)}" ….`],
    ['text of another script', 'пост', 'Line 1 is no id: "пост".'],
  ] as const) {
    test(`fails with the line's number for ${what}, and keeps nothing`, async (t) => {
      const world = jobWorld(t);
      const { job } = await world.ask('posts', upload);
      assert.equal(job.status, 'failed');
      assert.ok(job.failure?.startsWith(said), String(job.failure));
      assert.deepEqual(readdirSync(world.dir), []);
    });
  }

  test('is alone of its type in its app; other apps and types do not wait for it', (t) => {
    const { compliance } = jobWorld(t);
    const first = compliance.create(OWNER, { type: 'posts', resumable: false, name: 'mine' });
    assert.throws(
      () => compliance.create(OWNER, { type: 'posts', resumable: false }),
      problem('conflict', new RegExp(first.id)),
    );
    compliance.create(OWNER, { type: 'persons', resumable: false });
    compliance.create({ ...OWNER, appId: '8' }, { type: 'posts', resumable: false });
    assert.deepEqual(
      compliance.jobs(OWNER.appId, { type: 'posts' }).map(({ id: one, name }) => [one, name]),
      [[first.id, 'mine']],
    );
    assert.equal(compliance.job('8', first.id), undefined, 'another app’s job does not exist');
    assert.deepEqual(compliance.jobs(OWNER.appId, { type: 'posts', status: 'complete' }), []);
  });

  test('expires without an upload, and frees its place; a result expires after a week, and the list forgets it later', async (t) => {
    const world = jobWorld(t);
    const { compliance, clock } = world;
    const idle = compliance.create(OWNER, { type: 'posts', resumable: false });
    clock.advance(UPLOAD_MS);
    assert.equal(compliance.job(OWNER.appId, idle.id)?.status, 'expired');
    await assert.rejects(
      compliance.receive(idle.id, tokenOf(idle.uploadTarget), { of: 'whole', body: bodyOf('1') }),
      problem('not-found'),
    );
    const { job } = await world.ask('posts', '1');
    assert.equal(job.status, 'complete');
    clock.set(job.createdAt + DOWNLOAD_MS);
    assert.throws(() => compliance.result(job.id, tokenOf(job.downloadTarget)), problem('not-found'));
    assert.deepEqual(readdirSync(world.dir), []);
    assert.equal(compliance.job(OWNER.appId, job.id)?.status, 'expired');
    clock.advance(DOWNLOAD_MS);
    assert.equal(compliance.job(OWNER.appId, job.id), undefined);
  });

  test('fails when it would fill more than its licensee’s share of the disk', async (t) => {
    const world = jobWorld(t, { licenseeBytesMax: 300 });
    world.apply({ kind: 'delete-post', id: '5', at: START_MS });
    const { job } = await world.ask('posts', '5\n'.repeat(10));
    assert.equal(job.status, 'failed');
    assert.match(job.failure!, /fill/);
    assert.deepEqual(readdirSync(world.dir), []);
    const small = await world.ask('posts', '5\n5\n5\n');
    assert.equal(small.job.status, 'complete');
    const another = await world.ask('persons', '5\n'.repeat(40));
    assert.match(another.job.failure!, /fill/, 'what is there of other jobs counts');
    assert.equal((await world.ask('posts', '5', { appId: '9', licenseeId: '4' })).job.status, 'complete');
  });
});

describe('an upload', () => {
  test('needs the token of its own job', async (t) => {
    const { compliance } = jobWorld(t);
    const mine = compliance.create(OWNER, { type: 'posts', resumable: true });
    const other = compliance.create({ ...OWNER, appId: '8' }, { type: 'posts', resumable: true });
    const part: UploadPart = { of: 'whole', body: bodyOf('1') };
    for (const token of ['', tokenOf(other.uploadTarget), tokenOf(mine.downloadTarget)]) {
      await assert.rejects(compliance.receive(mine.id, token, part), problem('not-found'));
      await assert.rejects(compliance.startSession(mine.id, token), problem('not-found'));
      if (token !== tokenOf(mine.downloadTarget))
        assert.throws(() => compliance.result(mine.id, token), problem('not-found'));
    }
  });

  test('goes on where it was cut, and ignores what is there already', async (t) => {
    const { world, send, there, status } = await resumable(t);
    world.apply(...['1', '22', '333'].map((one) => ({ kind: 'delete-post', id: one, at: 0 }) as const));
    assert.deepEqual(await there(), { complete: false, bytes: 0 });
    await assert.rejects(send({ from: 0, body: cutBody('1\n2') }), problem('body-invalid'));
    assert.deepEqual(await there(), { complete: false, bytes: 3 });
    assert.deepEqual(await send({ from: 5, body: bodyOf('xx') }), { complete: false, bytes: 3 }, 'a gap');
    assert.deepEqual(await send({ from: 2, body: bodyOf('22\n') }), { complete: false, bytes: 5 });
    assert.equal(status(), 'created');
    assert.deepEqual(await send({ from: 5, total: 9, body: bodyOf('333\n') }), { complete: true, bytes: 9 });
    await world.compliance.idle();
    const { job, compliance } = { job: world.compliance.jobs(OWNER.appId, { type: 'posts' })[0]!, ...world };
    assert.equal(job.status, 'complete');
    const { bytes } = compliance.result(job.id, tokenOf(job.downloadTarget));
    assert.ok(bytes > 0);
    assert.equal((await there()).complete, true, 'asked again after the last answer was lost');
  });

  test('is complete when its sender asks with the total of what is there', async (t) => {
    const { send, there, status } = await resumable(t);
    await send({ from: 0, body: bodyOf('1\n') });
    assert.deepEqual(await there(3), { complete: false, bytes: 2 });
    assert.deepEqual(await there(2), { complete: true, bytes: 2 });
    assert.notEqual(status(), 'created');
  });

  test('that is begun anew counts from nothing, and the session before is gone', async (t) => {
    const { world, job, token, send, there, again } = await resumable(t);
    await send({ from: 0, body: bodyOf('1\n2\n') });
    await again();
    assert.deepEqual(await there(), { complete: false, bytes: 0 });
    await assert.rejects(
      world.compliance.receive(job.id, token, { of: 'question', session: 'old' }),
      problem('not-found', /begun anew/),
    );
  });

  test('is taken over by a later request while an earlier one hangs', async (t) => {
    const { world, send, there } = await resumable(t);
    async function* hanging(): AsyncGenerator<Buffer> {
      yield Buffer.from('1\n');
      await new Promise(() => undefined);
    }
    const first = send({ from: 0, body: hanging() });
    first.catch(() => undefined);
    while ((await there()).bytes < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await send({ from: 2, total: 4, body: bodyOf('2\n') }), { complete: true, bytes: 4 });
    await assert.rejects(first, problem('body-invalid'));
    await world.compliance.idle();
  });

  test('that came whole once is not taken again', async (t) => {
    const { world, job, token } = await resumable(t);
    await world.compliance.receive(job.id, token, { of: 'whole', body: bodyOf('1') });
    await assert.rejects(
      world.compliance.receive(job.id, token, { of: 'whole', body: bodyOf('2') }),
      problem('conflict'),
    );
    await assert.rejects(world.compliance.startSession(job.id, token), problem('conflict'));
  });

  test('of a plain job that was cut leaves nothing, and can be sent again', async (t) => {
    const world = jobWorld(t);
    const job = world.compliance.create(OWNER, { type: 'posts', resumable: false });
    const token = tokenOf(job.uploadTarget);
    await assert.rejects(
      world.compliance.receive(job.id, token, { of: 'whole', body: cutBody('1\n') }),
      problem('body-invalid'),
    );
    assert.deepEqual(readdirSync(world.dir), []);
    await assert.rejects(world.compliance.startSession(job.id, token), problem('body-invalid', /resumable/));
    await world.compliance.receive(job.id, token, { of: 'whole', body: bodyOf('1\n') });
    await world.compliance.idle();
    assert.equal(world.compliance.job(OWNER.appId, job.id)?.status, 'complete');
  });

  test('that is too large is refused before all of it came', async (t) => {
    const { world, job, token, send } = await resumable(t);
    await assert.rejects(
      send({ from: 0, total: UPLOAD_BYTES_MAX + 1, body: bodyOf() }),
      problem('body-too-large'),
    );
    async function* endless(): AsyncGenerator<Buffer> {
      const chunk = Buffer.alloc(16 << 20, '1\n');
      for (;;) yield chunk;
    }
    await assert.rejects(
      world.compliance.receive(job.id, token, { of: 'whole', body: endless() }),
      problem('body-too-large'),
    );
    assert.deepEqual(readdirSync(world.dir), []);
  });

  test('while bytes come in time its address does not expire', async (t) => {
    const { world, send, status } = await resumable(t);
    for (let part = 0; part < 5; part += 1) {
      world.clock.advance(UPLOAD_MS - 1);
      await send({ from: part * 2, body: bodyOf('1\n') });
    }
    assert.equal(status(), 'created');
    world.clock.advance(UPLOAD_MS);
    assert.equal(status(), 'expired');
  });
});

describe('a disk that is full', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, () => {
  test('refuses an upload with storage-unavailable, and the job can go on', async (t) => {
    const { world, job, send } = await resumable(t);
    const file = join(world.dir, `${job.id}.ids`);
    symlinkSync('/dev/full', file);
    await assert.rejects(send({ from: 0, total: 2, body: bodyOf('1\n') }), problem('storage-unavailable'));
    rmSync(file);
    assert.deepEqual(await send({ from: 0, total: 2, body: bodyOf('1\n') }), { complete: true, bytes: 2 });
  });

  test('fails a job and says so', async (t) => {
    const world = jobWorld(t);
    world.apply({ kind: 'delete-post', id: '5', at: START_MS });
    const job = world.compliance.create(OWNER, { type: 'posts', resumable: false });
    symlinkSync('/dev/full', join(world.dir, `${job.id}.ndjson`));
    await world.compliance.receive(job.id, tokenOf(job.uploadTarget), { of: 'whole', body: bodyOf('5') });
    await world.compliance.idle();
    const over = world.compliance.job(OWNER.appId, job.id)!;
    assert.deepEqual(
      [over.status, over.failure],
      ['failed', 'The disk of this server is full. Create the job again later.'],
    );
    assert.equal(world.mistakes.length, 1, 'the operator is told');
    assert.equal(over.status, 'failed');
  });
});

describe('a restart', () => {
  test('keeps jobs, addresses and parts, and takes away files that no job has', async (t) => {
    const { world, job, token, send, there } = await resumable(t);
    await send({ from: 0, body: bodyOf('1\n') });
    writeFileSync(join(world.dir, '123.ids'), '1');
    writeFileSync(join(world.dir, 'other'), '1');
    await world.reopen();
    assert.deepEqual(readdirSync(world.dir), [`${job.id}.ids`]);
    assert.deepEqual(await there(), { complete: false, bytes: 2 });
    const again = world.compliance.job(OWNER.appId, job.id)!;
    assert.deepEqual(again, { ...job, uploadExpiresAt: again.uploadExpiresAt });
    assert.equal(tokenOf(again.uploadTarget), token);
  });
});
