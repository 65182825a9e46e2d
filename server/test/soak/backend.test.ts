import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeBackend } from '../../src/content/actions/testing/fake-backend.ts';
import { parleyJson, type ServerProcess, startProcess } from '../e2e/process.ts';
import { until } from './length.ts';

const ALLOW = ['--allow-outbound', '127.0.0.1'];

test('a write whose outcome is unknown outlives a killed server: done once at the backend, then readable here', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-backend-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const backend = await fakeBackend(t);
  writeFileSync(
    join(dir, 'people.jsonl'),
    `${JSON.stringify({ id: '77', username: 'mira', name: 'Mira' })}\n`,
  );
  let server: ServerProcess = await startProcess(dir, ALLOW);
  t.after(() => server.kill());
  await parleyJson(dir, ['import', 'people.jsonl']);
  const { licenseeId } = await parleyJson<{ licenseeId: string }>(dir, ['licensee', 'add', 'Ads']);
  const app = await parleyJson<{ appId: string; bearerToken: string }>(dir, [
    ...['app', 'add', '--licensee', licenseeId, '--plan', 'pro'],
  ]);
  await parleyJson(dir, ['app', 'oauth', app.appId, '--redirect', 'https://app.example.com/back']);
  const { bearer } = await parleyJson<{ bearer: string }>(dir, [
    ...['app', 'token', app.appId, '--person', 'mira'],
  ]);
  const set = ['network', 'set', '--backend', backend.url, '--generate-key'];
  const shown = await parleyJson<{ backend: { publicKey: string } }>(dir, set);
  backend.publicKey = shown.backend.publicKey;
  const call = async (path: string, token: string, init: RequestInit = {}) => {
    const reply = await fetch(`${server.address}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: reply.status, json: (await reply.json()) as { data?: { id: string; text: string } } };
  };
  const create = () =>
    call('/2/tweets', bearer, { method: 'POST', body: JSON.stringify({ text: 'through the storm' }) });

  backend.next = ['does it and cuts', 'does it and fails'];
  assert.equal((await create()).status, 503);
  await server.kill();
  server = await startProcess(dir, ALLOW);
  const pending = async () => (await parleyJson<{ pending: number }>(dir, ['network', 'show'])).pending;
  // Each question is a process of its own, which is pause enough.
  while ((await pending()) > 0);
  assert.equal(backend.done.size, 1);
  const again = await create();
  assert.equal(again.status, 201);
  assert.equal(backend.done.size, 1, 'the client’s own retry made no second one');
  const read = await call(`/2/tweets/${again.json.data?.id}`, app.bearerToken);
  assert.equal(read.json.data?.text, 'through the storm');
  assert.deepEqual(backend.wrong, []);

  // A backend that says nothing keeps nobody from stopping the server.
  backend.next = ['does it and says nothing'];
  const waiting = call('/2/tweets', bearer, {
    method: 'POST',
    body: JSON.stringify({ text: 'last words' }),
  });
  await until(() => backend.done.size === 2, 'the backend’s second write');
  assert.equal(await server.stop(), 0);
  assert.equal((await waiting).status, 503);
});
