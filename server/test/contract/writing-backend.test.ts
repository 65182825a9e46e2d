import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import sharp from 'sharp';
import type { Behaviour } from '../../src/content/actions/testing/fake-backend.ts';
import { fakeBackend } from '../../src/content/actions/testing/fake-backend.ts';
import { apiWorld, person } from './api.ts';
import { forbidden } from './forbidden.ts';

async function backedApi(t: Parameters<typeof apiWorld>[0]) {
  const api = await apiWorld(t, { allowOutbound: ['127.0.0.1'] });
  const app = await api.app();
  await api.apply(person('101', { username: 'alice' }), person('102', { username: 'bob' }));
  const backend = await fakeBackend(t);
  backend.publicKey = api.world.network.settings.setBackend(backend.url).backend?.publicKey ?? undefined;
  const alice = api.person(app, '101');
  const write = (text: string, ...next: Behaviour[]) => {
    backend.next = next;
    return api.send('POST', alice, '/2/tweets', { text });
  };
  const entries = async () => {
    await api.world.ledger.integrated();
    return api.world.ledger.state(api.world.terms.licensees(app.licenseeId)[0]!.log).size;
  };
  return { api, app, alice, backend, write, entries };
}

test('what the backend confirms is answered and read as on the own network, and it hears which app asks', async (t) => {
  const { api, app, alice, backend, write } = await backedApi(t);
  const reply = await write('Hello #backend');
  assert.equal(reply.status, 201, reply.text);
  const { id } = reply.json.data;
  assert.deepEqual(reply.json, { data: { edit_history_tweet_ids: [id], id, text: 'Hello #backend' } });
  assert.equal((await api.get(app, `/2/tweets/${id}`)).json.data.text, 'Hello #backend');
  assert.equal([...backend.done.values()][0]?.app, app.appId);
  const follow = await api.send('POST', alice, '/2/users/101/following', { target_user_id: '102' });
  assert.deepEqual(follow.json, { data: { following: true, pending_follow: false } });
  assert.deepEqual((await api.get(app, '/2/users/101/following')).json.data[0].id, '102');
  assert.deepEqual(backend.wrong, []);
});

test('acts on lists say which app asks, and tagged persons reach the backend', async (t) => {
  const { api, app, alice, backend } = await backedApi(t);
  const last = () => [...backend.done.values()].at(-1);
  const made = await api.send('POST', alice, '/2/lists', { name: 'tea' });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([last()?.act.kind, last()?.app], ['create-list', app.appId]);
  const { id } = made.json.data;
  const acts = [
    ['PUT', `/2/lists/${id}`, { description: 'leaves' }, 'update-list'],
    ['POST', `/2/lists/${id}/members`, { user_id: '102' }, 'add-member'],
    ['DELETE', `/2/lists/${id}/members/102`, undefined, 'remove-member'],
    ['POST', '/2/users/101/pinned_lists', { list_id: id }, 'relate'],
    ['DELETE', `/2/lists/${id}`, undefined, 'delete-list'],
  ] as const;
  for (const [method, url, sent, kind] of acts) {
    const reply = await api.send(method, alice, url, sent);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual([last()?.act.kind, last()?.app], [kind, app.appId], url);
  }
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const staged = await api.world.media.stage({ appId: app.appId, personId: '101' }, Readable.from([png]));
  const picture = await api.world.media.upload('101', staged, { mediaType: 'image/png' });
  const media = { media_ids: [picture.id], tagged_user_ids: ['102'] };
  const posted = await api.send('POST', alice, '/2/tweets', { text: 'with bob', media });
  assert.equal(posted.status, 201, posted.text);
  const { taggedPersonIds } = { ...last()?.act } as { taggedPersonIds?: string[] };
  assert.deepEqual(taggedPersonIds, ['102']);
  assert.deepEqual(backend.wrong, []);
});

test('a refusal of the backend is a 403 with its reason; what it leaves open a 503 without a charge', async (t) => {
  const { api, backend, write, entries } = await backedApi(t);
  const before = await entries();
  forbidden(await write('no', 'refuses'), 'shadow-banned', 'Not today.');
  const open = await write('open', 'does it and cuts');
  assert.equal(open.status, 503);
  assert.match(open.json.detail, /has not confirmed the change yet/);
  assert.equal(open.headers['retry-after'], '5');
  assert.equal(await entries(), before);
  const again = await write('open');
  assert.equal(again.status, 201);
  assert.deepEqual([backend.done.size, await entries()], [1, before + 1]);
  // The operator is told once, by the network and by the call.
  assert.equal(api.mistakes.length, 1);
});

test('a door that allows nothing private sends nothing, and says that nothing was done', async (t) => {
  const api = await apiWorld(t);
  const app = await api.app();
  await api.apply(person('101'));
  const backend = await fakeBackend(t);
  assert.throws(() => api.world.network.settings.setBackend(backend.url), { code: 'body-invalid' });
  api.world.network.settings.setBackend('https://localhost/commands');
  const reply = await api.send('POST', api.person(app, '101'), '/2/tweets', { text: 'to a backend' });
  assert.equal(reply.status, 503);
  assert.match(reply.json.detail, /nothing was done/);
});
