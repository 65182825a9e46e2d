import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { makeId } from '#kernel';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld, WORLD_START } from '../world.ts';
import { apiWorld, type Json } from './api.ts';

const JOBS = '/2/compliance/jobs';

describe('compliance jobs', () => {
  test('200: created, listed by type and status, found by id, with absolute addresses', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const made = await api.send('POST', app, JOBS, { type: 'tweets', name: 'mine', resumable: true }, HOST);
    assert.equal(made.status, 200);
    const { data } = made.json;
    assert.deepEqual(
      { ...data, id: undefined, upload_url: undefined, download_url: undefined },
      {
        type: 'tweets',
        name: 'mine',
        resumable: true,
        status: 'created',
        created_at: '2026-11-21T10:00:00.000Z',
        upload_expires_at: '2026-11-21T10:15:00.000Z',
        download_expires_at: '2026-11-28T10:00:00.000Z',
        id: undefined,
        upload_url: undefined,
        download_url: undefined,
      },
    );
    for (const [url, use] of [
      [data.upload_url, 'uploads'],
      [data.download_url, 'results'],
    ]) {
      assert.match(
        url,
        new RegExp(`^http://parley\\.example/compliance/${use}/${data.id}\\?token=[\\w-]{43}$`),
      );
    }
    assert.deepEqual((await api.get(app, `${JOBS}/${data.id}`, HOST)).json, { data });
    assert.deepEqual((await api.get(app, `${JOBS}?type=tweets`, HOST)).json, {
      data: [data],
      meta: { result_count: 1 },
    });
    for (const other of ['type=users', 'type=tweets&status=complete'])
      assert.deepEqual(
        (await api.get(app, `${JOBS}?${other}`)).json,
        {},
        'twarc takes nothing else for none',
      );
    assert.deepEqual(api.mistakes, []);
  });

  test('addresses follow a proxy’s word only where it is trusted, and a Host header never', async (t) => {
    const told = { host: 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'data.example' };
    for (const [trustProxy, base] of [
      [undefined, 'http://parley.example/'],
      [['127.0.0.1'], 'https://data.example/'],
    ] as const) {
      const api = await apiWorld(t, { trustProxy });
      const { data } = (await api.send('POST', await api.app(), JOBS, { type: 'tweets' }, told)).json;
      assert.ok(data.upload_url.startsWith(base), data.upload_url);
      assert.ok(data.download_url.startsWith(base), data.download_url);
    }
  });

  test('another app’s job does not exist, whoever its licensee is', async (t) => {
    const api = await apiWorld(t);
    const mine = await api.app();
    const { data } = (await api.send('POST', mine, JOBS, { type: 'users' })).json;
    for (const other of [await api.app(), await api.app({ licenseeId: mine.licenseeId } as Json)]) {
      const { status, json } = await api.get(other, `${JOBS}/${data.id}`);
      assert.deepEqual([status, json.data, json.errors[0].title], [200, undefined, 'Not Found Error']);
      assert.deepEqual((await api.get(other, `${JOBS}?type=users`)).json, {});
      assert.equal((await api.send('POST', other, JOBS, { type: 'users' })).status, 200);
    }
  });

  test('400 for a body or a filter that cannot be, 409 for a second one, nothing for a dry run', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    for (const body of [
      undefined,
      [],
      {},
      { type: 'posts' },
      { type: ['tweets'] },
      { type: 'tweets', name: 7 },
      { type: 'tweets', name: 'x'.repeat(65) },
      { type: 'tweets', resumable: 'yes' },
      '{"type":',
    ])
      assert.equal((await api.send('POST', app, JOBS, body)).status, 400, JSON.stringify(body));
    for (const query of ['', '?type=posts', '?type=tweets&status=done', '?type=tweets&x=1'])
      assert.equal((await api.get(app, `${JOBS}${query}`)).status, 400, query);
    assert.equal((await api.get(app, `${JOBS}/none`)).status, 400);
    const dry = await api.send('POST', app, JOBS, { type: 'tweets' }, { 'parley-dry-run': '1' });
    assert.equal(dry.json.dry_run.cost_micros, 0);
    assert.equal((await api.send('POST', app, JOBS, { type: 'tweets' })).status, 200);
    const second = await api.send('POST', app, JOBS, { type: 'tweets' });
    assert.deepEqual([second.status, second.json.title], [409, 'Conflict']);
    assert.match(second.json.detail, /waits for its upload until 2026-11-21T10:15:00\.000Z/);
  });
});

const HOST = { host: 'parley.example' };

/** A Parley that listens, with an app and what it asks over the wire. */
async function wireWorld(t: TestContext) {
  const world = await testWorld(t);
  const { licenseeId } = await world.terms.addLicensee('Licensee');
  const app = await world.terms.addApp('*', { licenseeId, plan: 'pro' });
  const running = await serve(world);
  t.after(() => running.close());
  const asJson = async (path: string, body?: object): Promise<Json> => {
    const reply = await fetch(`${running.address}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${app.bearerToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return reply.json();
  };
  return { world, app, running, asJson };
}

describe('over the wire', () => {
  test('an upload in parts is cut in the middle of one, goes on where it was, and its result is right', async (t) => {
    const { world, asJson } = await wireWorld(t);
    const deleted = Array.from({ length: 500 }, (_, at) => makeId(WORLD_START - at * 1_000, 7));
    await world.writer.apply(
      deleted.map((id, at) => ({ kind: 'delete-post', id, at: WORLD_START + at }) as const),
    );
    // Ten ids that nobody knows beside each deleted one.
    const text = deleted.map(
      (id) => `${id}\n${Array.from({ length: 10 }, (_, at) => `${1000 + at}\n`).join('')}`,
    );
    const upload = Buffer.from(text.join(''));
    const { data } = await asJson(JOBS, { type: 'tweets', resumable: true });
    const started = await fetch(data.upload_url, {
      method: 'POST',
      headers: { 'x-goog-resumable': 'start', 'content-type': 'text/plain' },
    });
    assert.equal(started.status, 201);
    const session = started.headers.get('location')!;
    assert.ok(session.startsWith(`${data.upload_url}&upload_id=`));
    const put = (range: string, body?: Buffer) =>
      fetch(session, {
        method: 'PUT',
        headers: { 'content-range': range },
        body: body && new Uint8Array(body),
      });
    const there = async () =>
      /^bytes=0-(\d+)$/.exec((await put('bytes */*')).headers.get('range') ?? '')?.[1];
    assert.equal(await there(), undefined);
    const first = await put(`bytes 0-9999/${upload.length}`, upload.subarray(0, 10_000));
    assert.deepEqual([first.status, first.headers.get('range')], [308, 'bytes=0-9999']);
    const range = `bytes 10000-${upload.length - 1}/${upload.length}`;
    await cutUpload(session, upload.subarray(10_000), range, async () => {
      while ((await there()) === '9999') await new Promise((resolve) => setImmediate(resolve));
    });
    const kept = Number(await there()) + 1;
    assert.ok(kept > 10_000 && kept <= 15_000, `${kept} bytes were kept`);
    const last = await put(`bytes ${kept}-${upload.length - 1}/${upload.length}`, upload.subarray(kept));
    assert.equal(last.status, 200);
    assert.equal((await put(`bytes */${upload.length}`)).status, 200, 'asked again when the answer was lost');
    await world.compliance.idle();
    const job = (await asJson(`${JOBS}/${data.id}`)).data;
    assert.equal(job.status, 'complete', JSON.stringify(job));
    const result = await fetch(job.download_url);
    assert.equal(result.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
    assert.equal(result.headers.get('cache-control'), 'private, no-store');
    const lines = (await result.text()).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      deleted,
    );
    const rest = await fetch(job.download_url, { headers: { range: 'bytes=100-' } });
    assert.equal(rest.status, 206);
    assert.equal((await rest.text()).length, Number(result.headers.get('content-length')) - 100);
  });

  test('the official XDK creates, lists and finds jobs, and what it names takes a plain upload', async (t) => {
    const { app, running, world } = await wireWorld(t);
    await world.writer.apply([{ kind: 'delete-post', id: '123', at: WORLD_START }]);
    const client = new Client({ bearerToken: app.bearerToken, baseUrl: running.address }) as Json;
    const { data } = await client.compliance.createJobs({ type: 'tweets', name: 'mine' });
    assert.equal((await fetch(data.uploadUrl, { method: 'PUT', body: '123\n124\n' })).status, 200);
    await world.compliance.idle();
    const found = await client.compliance.getJobsById(data.id, { complianceJobFields: ['status'] });
    assert.deepEqual([found.data.status, found.data.name], ['complete', 'mine']);
    const listed = await client.compliance.getJobs('tweets', { status: 'complete' });
    assert.equal(listed.data.length, 1);
    assert.equal(JSON.parse(await (await fetch(found.data.downloadUrl)).text()).id, '123');
  });

  test('takes what Google’s own client (gcs-resumable-upload 6) sends for a stream of unknown and of known length', async (t) => {
    const { world, asJson } = await wireWorld(t);
    for (const [first, rest] of [
      ['bytes 0-*/*', undefined],
      ['bytes 0-*/10', 'bytes 6-*/10'],
    ] as const) {
      const { data } = await asJson(JOBS, { type: 'tweets', resumable: true });
      const started = await fetch(data.upload_url, {
        method: 'POST',
        headers: { 'x-goog-resumable': 'start' },
      });
      const session = started.headers.get('location')!;
      const put = (range: string, body?: string) =>
        fetch(session, { method: 'PUT', headers: { 'content-range': range }, body });
      assert.equal((await put('bytes */*')).status, 308);
      const one = await put(first, '12345\n');
      if (rest === undefined) assert.equal(one.status, 200);
      else {
        assert.deepEqual([one.status, one.headers.get('range')], [308, 'bytes=0-5']);
        assert.equal((await put(rest, '678\n')).status, 200);
      }
      await world.compliance.idle();
      assert.equal((await asJson(`${JOBS}/${data.id}`)).data.status, 'complete');
    }
  });

  test('what is wrong with an upload is answered, and the job waits on', async (t) => {
    const { asJson } = await wireWorld(t);
    const { data } = await asJson(JOBS, { type: 'tweets' });
    const url: string = data.upload_url;
    const wrong: [what: string, status: number, url: string, init?: RequestInit][] = [
      ['another token', 404, `${url.slice(0, -4)}AAAA`],
      ['no token', 404, url.split('?')[0]!],
      ['two tokens', 404, `${url}&token=x`],
      ['the result’s token', 404, data.download_url.replace('results', 'uploads')],
      ['another job', 404, url.replace(/uploads\/\d+/, 'uploads/7')],
      ['a job that is no id', 404, url.replace(/uploads\/\d+/, 'uploads/..%2f..%2fposts')],
      ['a compressed body', 400, url, { headers: { 'content-encoding': 'gzip' } }],
      ['a range without a session', 400, url, { headers: { 'content-range': 'bytes 0-2/3' } }],
      ['a range that cannot be read', 400, url, { headers: { 'content-range': 'bytes 1' } }],
      ['a start that does not say so', 400, url, { method: 'POST' }],
      ['a start of a plain job', 400, url, { method: 'POST', headers: { 'x-goog-resumable': 'start' } }],
      ['an unknown session', 404, `${url}&upload_id=x`],
      ['a method that is none of it', 404, url, { method: 'DELETE' }],
    ];
    for (const [what, status, target, init] of wrong) {
      const reply = await fetch(target, { method: 'PUT', body: '123', ...init });
      assert.equal(reply.status, status, `${what}: ${await reply.text()}`);
    }
    assert.equal((await asJson(`${JOBS}/${data.id}`)).data.status, 'created');
    const early = await fetch(data.download_url);
    assert.equal(early.status, 404, 'nothing is there to download');
    assert.match(
      ((await early.json()) as { detail: string }).detail,
      /The job is "created", so there is no result yet\. Upload its ids first\./,
    );
  });
});

/** Sends the head of a PUT and some bytes of its body; once the server has some of them, the cable is cut. */
async function cutUpload(
  url: string,
  body: Buffer,
  range: string,
  taken: () => Promise<void>,
): Promise<void> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const head = [
    `PUT ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    'content-type: text/plain',
    `content-range: ${range}`,
    `content-length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(body.subarray(0, 5_000));
  await taken();
  socket.destroy();
}
