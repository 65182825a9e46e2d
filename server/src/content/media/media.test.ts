import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { openFiles } from './files.ts';
import { ANNA, BEN, by, type MediaWorld, mediaWorld, movingGif, picture } from './testing/world.ts';

const DAY_MS = 86_400_000;

const isProblem =
  (code: string, detail = /./) =>
  (error: unknown) =>
    error instanceof Problem && error.code === code && detail.test(error.message);

/** The medium alone, as a post would show it. */
function shown({ media }: MediaWorld, personId: string, id: string) {
  const found = media.mediaOf(personId, [id]);
  assert.ok('media' in found, JSON.stringify(found));
  return found.media[0]!;
}

const nameOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

test('a picture is kept, served by a name that says nothing, and shown as posts show media', async (t) => {
  const world = mediaWorld(t);
  const upload = await world.put(ANNA, await picture('png'), {
    mediaType: 'image/png',
    category: 'tweet_image',
  });
  assert.equal(upload.state, 'ready');
  assert.equal(upload.mediaKey, `3_${upload.id}`);
  assert.equal(upload.expiresAt, world.clock.now() + DAY_MS);
  const one = shown(world, ANNA, upload.id);
  assert.match(one.url, /^https:\/\/parley\.example\/media\/[A-Za-z0-9_-]{22}\.png$/);
  assert.deepEqual(one, { mediaKey: `3_${upload.id}`, type: 'photo', url: one.url, width: 64, height: 32 });
  const served = world.media.served(nameOf(one.url));
  assert.equal(served?.contentType, 'image/png');
  assert.equal(readFileSync(served!.path).length, upload.size);
  assert.deepEqual(world.names('parts'), []);
});

test('a GIF that moves has its frames, its time and a still preview', async (t) => {
  const world = mediaWorld(t);
  const { id, mediaKey } = await world.put(ANNA, await movingGif(5));
  assert.equal(mediaKey, `16_${id}`);
  const one = shown(world, ANNA, id);
  assert.equal(one.type, 'animated_gif');
  assert.equal(one.durationMs, 500);
  assert.deepEqual([one.width, one.height], [16, 16]);
  assert.deepEqual(one.variants, [{ contentType: 'image/gif', url: one.url }]);
  assert.equal(world.media.served(nameOf(one.previewImageUrl!))?.contentType, 'image/jpeg');
});

test('segments come in any order, one sent again replaces the former, and what was made is whole', async (t) => {
  const world = mediaWorld(t);
  const bytes = await picture('jpeg', 400, 300);
  const third = Math.ceil(bytes.length / 3);
  const parts = [0, 1, 2].map((at) => bytes.subarray(at * third, (at + 1) * third));
  const { id, mediaKey } = await world.media.initialize(ANNA, {
    totalBytes: bytes.length,
    mediaType: 'image/jpeg',
  });
  await world.segment(ANNA, id, 2, parts[2]!);
  await world.segment(ANNA, id, 0, Buffer.alloc(third, 7));
  await world.segment(ANNA, id, 1, parts[1]!);
  assert.equal((await world.segment(ANNA, id, 0, parts[0]!)).size, bytes.length);
  assert.equal(world.names('parts').length, 3);
  const done = await world.media.finalize(by(ANNA), id);
  assert.deepEqual([done.state, done.width, done.height, done.mediaKey], ['ready', 400, 300, mediaKey]);
  assert.deepEqual(await world.media.finalize(by(ANNA), id), done);
  assert.deepEqual(world.names('parts'), []);
  await assert.rejects(world.segment(ANNA, id, 3, parts[0]!), isProblem('conflict'));
  assert.deepEqual(world.names('parts'), []);
});

test('an upload goes on after a crash between two segments, and what nobody knows is swept', async (t) => {
  const world = mediaWorld(t);
  const bytes = await picture('jpeg', 400, 300);
  const { id } = await world.media.initialize(ANNA, { totalBytes: bytes.length });
  await world.segment(ANNA, id, 0, bytes.subarray(0, 1_000));
  await world.media.stage(by(ANNA), Readable.from([bytes]));
  assert.equal(world.names('parts').length, 2);
  const after = world.crash();
  assert.equal(after.media.status(ANNA, id).size, 1_000);
  await after.segment(ANNA, id, 1, bytes.subarray(1_000));
  assert.equal((await after.media.finalize(by(ANNA), id)).state, 'ready');
  assert.deepEqual(after.names('parts'), []);
  assert.equal(shown(after.crash(), ANNA, id).width, 400);
});

test('what is missing, too much or numbered wrongly is refused with numbers, and the upload lives on', async (t) => {
  const world = mediaWorld(t);
  const bytes = await picture('png');
  const { id } = await world.media.initialize(ANNA, { totalBytes: bytes.length });
  await assert.rejects(
    world.media.finalize(by(ANNA), id),
    isProblem('body-invalid', /Segment 0 has not arrived/),
  );
  await assert.rejects(world.segment(ANNA, id, 1_000, bytes), isProblem('body-invalid', /0 to 999/));
  await assert.rejects(world.segment(ANNA, id, -1, bytes), isProblem('body-invalid', /0 to 999/));
  await assert.rejects(world.segment(ANNA, id, 0, Buffer.alloc(0)), isProblem('body-invalid', /one byte/));
  await world.segment(ANNA, id, 1, bytes.subarray(10));
  await assert.rejects(
    world.media.finalize(by(ANNA), id),
    isProblem('body-invalid', /Segment 0 has not arrived/),
  );
  await assert.rejects(
    world.segment(ANNA, id, 0, bytes.subarray(0, 11)),
    isProblem('body-invalid', /total_bytes/),
  );
  await world.segment(ANNA, id, 0, bytes.subarray(0, 9));
  await assert.rejects(world.media.finalize(by(ANNA), id), isProblem('body-invalid', /bytes have arrived/));
  await world.segment(ANNA, id, 0, bytes.subarray(0, 10));
  assert.equal((await world.media.finalize(by(ANNA), id)).state, 'ready');
  for (const totalBytes of [0, -1, 1.5, Number.NaN, 2 ** 30])
    await assert.rejects(
      world.media.initialize(ANNA, { totalBytes }),
      isProblem('body-invalid', /total_bytes/),
    );
});

test("another person's upload does not exist, until it is shared for use in posts", async (t) => {
  const world = mediaWorld(t);
  const { media } = world;
  const bytes = await picture('png');
  const { id } = await media.initialize(ANNA, { totalBytes: bytes.length });
  const secret = await world.put(ANNA, bytes);
  for (const which of [id, secret.id, '999', 'x', '']) {
    assert.throws(() => media.status(BEN, which), isProblem('not-found'));
    assert.throws(() => media.setAltText(BEN, which, 'mine'), isProblem('not-found'));
    await assert.rejects(media.finalize(by(BEN), which), isProblem('not-found'));
    await assert.rejects(world.segment(BEN, which, 0, bytes), isProblem('not-found'));
    assert.deepEqual(media.mediaOf(BEN, [which]), { unusable: { id: which, because: 'unknown' } });
    assert.throws(() => media.keep(BEN, [which], { kind: 'post', id: '1' }), isProblem('not-found'));
  }
  assert.deepEqual(world.names('parts'), []);
  const shared = await world.put(ANNA, bytes, { additionalOwners: [BEN] });
  assert.equal(shown(world, BEN, shared.id).mediaKey, shared.mediaKey);
  assert.throws(() => media.status(BEN, shared.id), isProblem('not-found'));
});

test('a post takes four photos, or one video, or one moving GIF, each once', async (t) => {
  const world = mediaWorld(t);
  const photo = await picture('png');
  const photos: string[] = [];
  for (let at = 0; at < 5; at += 1) photos.push((await world.put(ANNA, photo)).id);
  const gif = (await world.put(ANNA, await movingGif(2))).id;
  const pending = (await world.media.initialize(ANNA, { totalBytes: 5 })).id;
  const [a = '', b = '', c = '', d = '', e = ''] = photos;
  const because = (...ids: string[]) => {
    const found = world.media.mediaOf(ANNA, ids);
    return 'unusable' in found
      ? `${ids.indexOf(found.unusable.id)} ${found.unusable.because}`
      : found.media.length;
  };
  assert.equal(because(a, b, c, d), 4);
  assert.equal(because(a, b, c, d, e), '4 mixed');
  assert.equal(because(gif), 1);
  assert.equal(because(a, gif), '1 mixed');
  assert.equal(because(gif, a), '1 mixed');
  assert.equal(because(a, pending), '1 not-ready');
  assert.equal(because(a, '77'), '1 unknown');
  const twice = world.media.mediaOf(ANNA, [a, a]);
  assert.deepEqual(twice, { unusable: { id: a, because: 'repeated' } });
});

test('alt text is measured in characters, shown, and fixed once a post uses it', async (t) => {
  const world = mediaWorld(t);
  const { id } = await world.put(ANNA, await picture('png'));
  const text = '🦜'.repeat(1_000);
  assert.equal(world.media.setAltText(ANNA, id, text).altText, text);
  assert.equal(shown(world, ANNA, id).altText, text);
  assert.throws(() => world.media.setAltText(ANNA, id, `${text}x`), isProblem('body-invalid', /1000/));
  assert.throws(() => world.media.setAltText(ANNA, id, '\ud800'), isProblem('body-invalid'));
  assert.equal(world.media.setAltText(ANNA, id, '').altText, undefined);
  world.media.keep(ANNA, [id], { kind: 'post', id: '900' });
  assert.throws(() => world.media.setAltText(ANNA, id, 'late'), isProblem('conflict'));
});

test('what nothing uses is gone after 24 hours; what a post uses stays until the post is deleted', async (t) => {
  const world = mediaWorld(t);
  const { media, clock, network } = world;
  const bytes = await picture('png');
  const unused = await world.put(ANNA, bytes);
  const used = await world.put(ANNA, bytes);
  const half = await media.initialize(ANNA, { totalBytes: 100 });
  await world.segment(ANNA, half.id, 0, Buffer.alloc(50));
  const [unusedName, usedName] = [unused, used].map(({ id }) => nameOf(shown(world, ANNA, id).url));
  media.keep(ANNA, [used.id], { kind: 'post', id: '900' });
  network.postStates.set('900', {});
  clock.advance(DAY_MS);
  assert.throws(() => media.status(ANNA, unused.id), isProblem('not-found'));
  assert.equal(media.served(unusedName!), undefined);
  media.sweep();
  assert.ok(media.served(usedName!));
  await media.close();
  const after = world.crash();
  assert.deepEqual([after.names('kept'), after.names('parts')], [[usedName], []]);
  network.postStates.set('900', 'deleted');
  after.media.forget({ posts: ['900'], people: [], created: [] });
  assert.equal(after.media.served(usedName!), undefined);
  await after.media.close();
  assert.deepEqual(world.names('kept'), []);
});

test('a deleted post takes its media along, unless another post shows them; a deleted person takes all', async (t) => {
  const world = mediaWorld(t);
  const { media, network } = world;
  const bytes = await picture('png');
  const { id } = await world.put(ANNA, bytes);
  const other = await world.put(ANNA, bytes);
  const bens = await world.put(BEN, bytes);
  const name = nameOf(shown(world, ANNA, id).url);
  const bensName = nameOf(shown(world, BEN, bens.id).url);
  for (const post of ['900', '901']) {
    media.keep(ANNA, [id], { kind: 'post', id: post });
    network.postStates.set(post, {});
  }
  network.postStates.set('900', 'deleted');
  media.forget({ posts: ['900'], people: [], created: [] });
  assert.ok(media.served(name));
  // A change of a post that is still there takes nothing.
  media.forget({ posts: ['901'], people: [ANNA], created: [] });
  assert.ok(media.served(name));
  network.personStates.delete(ANNA);
  media.forget({ posts: [], people: [ANNA, BEN], created: [] });
  assert.equal(media.served(name), undefined);
  assert.throws(() => media.status(ANNA, other.id), isProblem('not-found'));
  assert.ok(media.served(bensName));
});

test('a deletion whose news a crash swallowed is not served, and swept', async (t) => {
  const world = mediaWorld(t);
  const { id } = await world.put(ANNA, await picture('png'));
  const name = nameOf(shown(world, ANNA, id).url);
  world.media.keep(ANNA, [id], { kind: 'post', id: '900' });
  world.network.postStates.set('900', 'deleted');
  assert.equal(world.media.served(name), undefined);
  const after = world.crash();
  await after.media.close();
  assert.deepEqual(world.names('kept'), []);
});

test('a use whose post was never written is taken back, at once when told, by the sweep after a crash', async (t) => {
  const world = mediaWorld(t);
  const { media, clock } = world;
  const told = await world.put(ANNA, await picture('png'));
  media.keep(ANNA, [told.id], { kind: 'post', id: '900' });
  assert.equal(media.status(ANNA, told.id).expiresAt, undefined);
  media.release({ kind: 'post', id: '900' });
  assert.equal(media.status(ANNA, told.id).expiresAt, told.expiresAt);
  const lost = await world.put(ANNA, await picture('png'));
  media.keep(ANNA, [lost.id], { kind: 'post', id: '901' });
  media.sweep();
  assert.equal(media.status(ANNA, lost.id).state, 'ready');
  clock.advance(3_600_000);
  media.sweep();
  assert.throws(() => media.status(ANNA, lost.id), isProblem('not-found'));
});

test('an upload whose person is deleted while it is being made is not kept', async (t) => {
  let meanwhile: () => void = () => undefined;
  const world = mediaWorld(t, {
    files: (dir) => {
      const files = openFiles(dir);
      return {
        ...files,
        async keep(part, name) {
          meanwhile();
          await files.keep(part, name);
        },
      };
    },
  });
  meanwhile = () => {
    world.network.personStates.delete(ANNA);
    world.media.forget({ posts: [], people: [ANNA], created: [] });
  };
  await assert.rejects(world.put(ANNA, await picture('png')), isProblem('not-found'));
  await world.media.close();
  assert.deepEqual([world.names('parts'), world.names('kept')], [[], []]);
});

test('who is suspended shows nothing, and shows it again when it ends', async (t) => {
  const world = mediaWorld(t);
  const { id } = await world.put(ANNA, await picture('png'));
  const name = nameOf(shown(world, ANNA, id).url);
  world.network.personStates.set(ANNA, { state: 'suspended' });
  assert.equal(world.media.served(name), undefined);
  world.network.personStates.set(ANNA, { state: 'active' });
  assert.ok(world.media.served(name));
});

test('a message keeps its media until it is deleted', async (t) => {
  const world = mediaWorld(t);
  const { id } = await world.put(ANNA, await picture('png'), { category: 'dm_image' });
  const name = nameOf(shown(world, ANNA, id).url);
  world.media.keep(ANNA, [id], { kind: 'message', id: '5' });
  world.clock.advance(3 * DAY_MS);
  world.media.sweep();
  assert.ok(world.media.served(name));
  world.media.deleted({ kind: 'message', id: '5' });
  assert.equal(world.media.served(name), undefined);
});

test('a person has so much unfinished and unused and no more; others are not touched by it', async (t) => {
  const world = mediaWorld(t);
  const { media } = world;
  const half = 512 << 20;
  await media.initialize(ANNA, { totalBytes: half });
  await media.initialize(ANNA, { totalBytes: half });
  await assert.rejects(
    media.initialize(ANNA, { totalBytes: 1 }),
    isProblem('upload-quota', /1073741824 bytes/),
  );
  await assert.rejects(world.put(ANNA, await picture('png')), isProblem('upload-quota'));
  assert.deepEqual(world.names('parts'), []);
  for (let at = 0; at < 100; at += 1) await media.initialize(BEN, { totalBytes: 1 });
  await assert.rejects(
    media.initialize(BEN, { totalBytes: 1 }),
    isProblem('upload-quota', /100 of them unfinished/),
  );
  world.clock.advance(DAY_MS);
  assert.equal((await media.initialize(ANNA, { totalBytes: half })).state, 'pending');
});

test('so many parts at one moment and no more; the one that ends makes module', async (t) => {
  const world = mediaWorld(t);
  const open: Readable[] = [];
  const staging = Array.from({ length: 8 }, () => {
    const stream = new Readable({ read() {} });
    open.push(stream);
    return world.media.stage(by(ANNA), stream);
  });
  await assert.rejects(world.media.stage(by(ANNA), Readable.from(['x'])), isProblem('overloaded'));
  const ben = await world.media.stage(by(BEN), Readable.from(['x']));
  await ben.release();
  for (const stream of open) stream.push(null);
  for (const staged of await Promise.all(staging)) await staged.release();
  await (await world.media.stage(by(ANNA), Readable.from(['x']))).release();
});

test('an app takes a quarter of the places, with however many persons; all together take all', async (t) => {
  const world = mediaWorld(t);
  const open: Readable[] = [];
  const staging: Promise<{ release(): Promise<void> }>[] = [];
  const begin = (personId: number, appId: number) => {
    const stream = new Readable({ read() {} });
    open.push(stream);
    staging.push(world.media.stage(by(String(personId), String(appId)), stream));
  };
  const isTaken = async (personId: string, appId: string) => {
    const staged = await world.media
      .stage(by(personId, appId), Readable.from(['x']))
      .catch(isProblem('overloaded'));
    if (staged === true) return false;
    await (staged as { release(): Promise<void> }).release();
    return true;
  };
  for (let at = 0; at < 16; at += 1) begin(at >> 2, 1);
  assert.equal(await isTaken('50', '1'), false);
  assert.equal(await isTaken('50', '2'), true);
  for (let at = 16; at < 64; at += 1) begin(at >> 2, 1 + (at >> 4));
  assert.equal(await isTaken('50', '5'), false);
  for (const stream of open) stream.push(null);
  for (const staged of await Promise.all(staging)) await staged.release();
  assert.equal(await isTaken('50', '1'), true);
});

test('a part that is too large, or whose sender hangs up, leaves nothing', async (t) => {
  const world = mediaWorld(t);
  const mebibyte = Buffer.alloc(1 << 20);
  const endless = Readable.from(
    (async function* () {
      for (;;) yield mebibyte;
    })(),
  );
  await assert.rejects(world.media.stage(by(ANNA), endless), isProblem('body-too-large'));
  assert.equal(endless.destroyed, true);
  const cut = new Readable({ read() {} });
  const staged = world.media.stage(by(ANNA), cut);
  cut.push('half');
  cut.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  await assert.rejects(staged, isProblem('body-invalid', /ended/));
  assert.deepEqual(world.names('parts'), []);
});
