import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { runs } from '#test/runs';
import { type Api, apiWorld, checkReply, type Json, person, read, signedBy, untilSuiteEnds } from './api.ts';

type Sent = { status: number; json: Json; headers: Record<string, string>; text: string };

describe('media', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let anna: { bearerToken: string };
  let ben: { bearerToken: string };
  let png: Buffer;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    anna = api.person(app, '101');
    ben = api.person(app, '102');
    await api.apply(person('101'), person('102'));
    png = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
  });

  /** A form as the platform's own encoder writes it (undici), or JSON. */
  async function send(
    token: { bearerToken: string } | { authorization: string },
    url: string,
    body?: FormData | URLSearchParams | object,
    method: 'POST' | 'GET' = 'POST',
  ): Promise<Sent> {
    const authorization = 'bearerToken' in token ? `Bearer ${token.bearerToken}` : token.authorization;
    const isForm = body instanceof FormData || body instanceof URLSearchParams;
    const encoded = new Response(isForm ? body : body && JSON.stringify(body));
    const type = isForm ? encoded.headers.get('content-type')! : 'application/json';
    const payload = Buffer.from(await encoded.arrayBuffer());
    const reply = read(
      await api.server.inject({
        method,
        url,
        headers: { authorization, ...(body ? { 'content-type': type } : {}) },
        payload: body ? payload : undefined,
      }),
    );
    checkReply(url, reply, method.toLowerCase());
    return reply;
  }

  function form(fields: Record<string, string | Blob>): FormData {
    const made = new FormData();
    for (const [name, value] of Object.entries(fields)) made.append(name, value);
    return made;
  }
  const file = (bytes: Uint8Array, type = '') => new Blob([Uint8Array.from(bytes)], { type });
  const base64 = () => png.toString('base64');

  test('200 a picture as a part, in base64, and in the form of v1.1', async () => {
    const part = await send(
      anna,
      '/2/media/upload',
      form({ media: file(png), media_category: 'tweet_image' }),
    );
    assert.equal(part.status, 200, part.text);
    assert.match(part.json.data.id, /^\d+$/);
    assert.equal(part.json.data.media_key, `3_${part.json.data.id}`);
    assert.equal(part.json.data.expires_after_secs, 86_400);
    assert.equal(part.headers['x-rate-limit-limit'], '5000');
    const json = await send(anna, '/2/media/upload', { media: base64(), media_category: 'tweet_image' });
    assert.equal(json.json.data.size, part.json.data.size);
    const signed = signedBy(api.person(app, '101', { via: 'oauth1' }));
    const older = await send(
      signed,
      '/1.1/media/upload.json',
      new URLSearchParams({ media_data: base64(), media_category: 'TweetImage' }),
    );
    assert.equal(older.status, 200, older.text);
    assert.deepEqual(older.json.image, { image_type: 'image/png', w: 40, h: 20 });
    assert.match(older.text, new RegExp(`^\\{"media_id":${older.json.media_id_string},`));
  });

  test('200 an upload in segments, each call in the window of its operation, and its state', async () => {
    const begun = await send(anna, '/2/media/upload/initialize', {
      media_type: 'image/png',
      total_bytes: png.length,
      media_category: 'tweet_image',
      shared: false,
    });
    const { id } = begun.json.data;
    assert.equal(begun.headers['x-rate-limit-limit'], '18750');
    const half = png.length >> 1;
    const append = `/2/media/upload/${id}/append`;
    const second = await send(anna, append, form({ media: file(png.subarray(half)), segment_index: '1' }));
    assert.equal(
      second.json.data.expires_at,
      begun.json.data.expires_after_secs + api.world.clock.now() / 1000,
    );
    const early = await send(anna, `/2/media/upload?media_id=${id}&command=STATUS`, undefined, 'GET');
    assert.deepEqual([early.json.data.size, early.json.data.processing_info], [png.length - half, undefined]);
    const first = { segment_index: 0, media: png.subarray(0, half).toString('base64') };
    assert.equal((await send(anna, append, first)).status, 200);
    const done = await send(anna, `/2/media/upload/${id}/finalize`);
    assert.equal(done.json.data.media_key, begun.json.data.media_key);
    assert.equal(done.json.data.processing_info, undefined);
    const late = await send(anna, `/2/media/upload?media_id=${id}`, undefined, 'GET');
    assert.deepEqual(late.json.data.processing_info, { state: 'succeeded', progress_percent: 100 });
  });

  for (const place of ['/2/media/upload', '/1.1/media/upload.json']) {
    test(`the commands of the older form at ${place}, the file before the fields too`, async () => {
      const isV1 = place.startsWith('/1.1');
      const idOf = (json: Json): string => (isV1 ? json.media_id_string : json.data.id);
      const init = await send(
        anna,
        place,
        new URLSearchParams({ command: 'INIT', media_type: 'image/png', total_bytes: String(png.length) }),
      );
      assert.equal(init.status, isV1 ? 202 : 200, init.text);
      assert.equal(init.headers['x-rate-limit-limit'], '18750');
      const id = idOf(init.json);
      const segment = form({ media: file(png), command: 'APPEND', media_id: id, segment_index: '0' });
      const appended = await send(anna, place, segment);
      assert.equal(appended.status, isV1 ? 204 : 200, appended.text);
      if (isV1) assert.deepEqual([appended.text, appended.headers['content-type']], ['', undefined]);
      const final = await send(anna, place, new URLSearchParams({ command: 'FINALIZE', media_id: id }));
      assert.equal(final.status, isV1 ? 201 : 200, final.text);
      assert.equal(idOf(final.json), id);
      const status = await send(anna, `${place}?command=STATUS&media_id=${id}`, undefined, 'GET');
      const { processing_info } = isV1 ? status.json : status.json.data;
      assert.equal(processing_info.state, 'succeeded');
    });
  }

  test('an animated GIF and alt text arrive at the post that uses them, until the post is deleted', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#00ff00'].map((background) =>
        sharp({ create: { width: 12, height: 12, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { json } = await send(anna, '/2/media/upload', form({ media: file(gif, 'image/gif') }));
    const { id, media_key } = json.data;
    assert.equal(media_key, `16_${id}`);
    const described = await send(anna, '/2/media/metadata', {
      id,
      metadata: { alt_text: { text: 'a red flash' } },
    });
    assert.deepEqual(described.json.data, { id, associated_metadata: { alt_text: { text: 'a red flash' } } });
    const made = await api.send('POST', anna, '/2/tweets', { text: 'look', media: { media_ids: [id] } });
    assert.equal(made.status, 201, made.text);
    const postId = made.json.data.id;
    const shown = await api.get(
      app,
      `/2/tweets/${postId}?expansions=attachments.media_keys&media.fields=alt_text,url,type,width,height,variants,preview_image_url`,
    );
    assert.deepEqual(shown.json.data.attachments, { media_keys: [media_key] });
    const medium = shown.json.includes.media[0];
    const { alt_text, type, width, height } = medium;
    assert.deepEqual([alt_text, type, width, height], ['a red flash', 'animated_gif', 12, 12]);
    const served = await api.server.inject({ url: new URL(medium.url).pathname });
    assert.deepEqual([served.statusCode, served.headers['content-type']], [200, 'image/gif']);
    const late = await send(anna, '/2/media/metadata', { id, metadata: { alt_text: { text: 'late' } } });
    assert.equal(late.status, 409);
    await api.send('DELETE', anna, `/2/tweets/${postId}`);
    for (const url of [medium.url, medium.preview_image_url])
      assert.equal((await api.server.inject({ url: new URL(url).pathname })).statusCode, 404);
  });

  test('200 alt text in the form of v1.1, whose clients send ids as numbers that no double holds', async () => {
    const { json } = await send(anna, '/2/media/upload', form({ media: file(png) }));
    const { id } = json.data;
    assert.equal(Number.isSafeInteger(Number(id)), false);
    for (const written of [id, `"${id}"`]) {
      const reply = await api.send(
        'POST',
        anna,
        '/1.1/media/metadata/create.json',
        `{"media_id":${written},"alt_text":{"text":"a blue field"}}`,
      );
      assert.deepEqual([reply.status, reply.text], [200, '']);
    }
    assert.equal(api.world.media.status('101', id).altText, 'a blue field');
  });

  test("404 another person's upload, whatever is asked of it", async () => {
    const { json } = await send(anna, '/2/media/upload/initialize', { total_bytes: 10 });
    const { id } = json.data;
    const replies = [
      await send(ben, `/2/media/upload/${id}/append`, { segment_index: 0, media: 'AAAA' }),
      await send(ben, `/2/media/upload/${id}/finalize`),
      await send(ben, `/2/media/upload?media_id=${id}`, undefined, 'GET'),
      await send(ben, '/2/media/metadata', { id, metadata: { alt_text: { text: 'mine' } } }),
      await send(ben, '/1.1/media/metadata/create.json', { media_id: id, alt_text: { text: 'mine' } }),
      await send(ben, '/2/media/upload', new URLSearchParams({ command: 'FINALIZE', media_id: id })),
    ];
    for (const { status, text } of replies) assert.equal(status, 404, text);
    const used = await api.send('POST', ben, '/2/tweets', { text: 'x', media: { media_ids: [id] } });
    assert.equal(used.status, 400, used.text);
  });

  const WRONG: [what: string, body: () => FormData | URLSearchParams | object, detail: RegExp][] = [
    ['no file', () => form({ media_category: 'tweet_image' }), /`media` is missing/],
    ['a file by another name', () => form({ picture: file(png) }), /part named `media`/],
    [
      'two files',
      () => {
        const two = form({ media: file(png) });
        two.append('media', file(png));
        return two;
      },
      /more than one file/,
    ],
    [
      'a field twice',
      () => {
        const twice = form({ media_category: 'tweet_image' });
        twice.append('media_category', 'tweet_gif');
        return twice;
      },
      /twice/,
    ],
    [
      'a type that the file is not',
      () => form({ media: file(png, 'image/jpeg') }),
      /declared as image\/jpeg and is image\/png/,
    ],
    [
      'a category that the file is not',
      () => form({ media: file(png), media_category: 'tweet_video' }),
      /image\/png .*tweet_video/,
    ],
    [
      'a category that is none',
      () => form({ media: file(png), media_category: 'subtitles' }),
      /one of tweet_image/,
    ],
    [
      'a page',
      () => form({ media: file(Buffer.from('<!doctype html><script>alert(1)</script>'), 'image/png') }),
      /text\/html by its content, declared as image\/png/,
    ],
    [
      'a drawing',
      () => form({ media: file(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')) }),
      /image\/svg\+xml/,
    ],
    ['no base64', () => ({ media: 'not base64!' }), /base64/],
    ['base64 that is a number', () => ({ media: 7 }), /`media` is text/],
    ['a list', () => [1], /JSON object/],
    ['a command that is none', () => new URLSearchParams({ command: 'ERASE' }), /INIT, APPEND/],
    ['no size', () => new URLSearchParams({ command: 'INIT' }), /`total_bytes`/],
    [
      'an id that is none',
      () => new URLSearchParams({ command: 'FINALIZE', media_id: '../1' }),
      /`media_id`/,
    ],
    [
      'owners that are none',
      () => ({ command: 'INIT', total_bytes: 1, additional_owners: ['x'] }),
      /additional_owners/,
    ],
  ];
  for (const [what, body, detail] of WRONG) {
    test(`400 ${what}`, async () => {
      const reply = await send(anna, '/2/media/upload', body());
      assert.equal(reply.status, 400, reply.text);
      assert.match(reply.json.detail, detail);
    });
  }

  test('413 for more than one request takes, with an answer that can be read', async () => {
    const large = Buffer.alloc((15 << 20) + 1);
    const reply = await send(anna, '/2/media/upload', form({ media: file(large) }));
    assert.equal(reply.status, 413);
    const picture = await send(
      anna,
      '/2/media/upload',
      form({ media: file(Buffer.concat([png, Buffer.alloc(6 << 20)])) }),
    );
    assert.equal(picture.status, 413, picture.text);
  });

  test('an upload whose sender hangs up in the middle leaves nothing, and is no mistake of ours', async () => {
    await api.server.listen({ port: 0 });
    const { port } = api.server.server.address() as AddressInfo;
    const head = '--b\r\ncontent-disposition: form-data; name="media"; filename="x.png"\r\n\r\n';
    const asked = request({
      port,
      method: 'POST',
      path: '/2/media/upload',
      headers: {
        authorization: `Bearer ${anna.bearerToken}`,
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': '100000',
      },
    });
    asked.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => {
      api.server.server.once('request', (_message, reply) => reply.once('close', () => resolve()));
    });
    asked.write(`${head}half of it`);
    await new Promise((resolve) => api.server.server.once('request', resolve));
    asked.destroy();
    await ended;
    assert.deepEqual(api.mistakes, []);
    const next = await send(anna, '/2/media/upload', form({ media: file(png) }));
    assert.equal(next.status, 200);
  });

  test('a deleted person takes all media along, posted or not', async () => {
    await api.apply(person('103'));
    const carl = api.person(app, '103');
    const posted = await send(carl, '/2/media/upload', form({ media: file(png) }));
    const unused = await send(carl, '/2/media/upload', form({ media: file(png) }));
    const ids = [posted, unused].map(({ json }) => json.data.id as string);
    const urls = ids.map((id) => {
      const found = api.world.media.mediaOf('103', [id]);
      assert.ok('media' in found);
      return new URL(found.media[0]!.url).pathname;
    });
    await api.send('POST', carl, '/2/tweets', { text: 'mine', media: { media_ids: [ids[0]] } });
    for (const url of urls) assert.equal((await api.server.inject({ url })).statusCode, 200);
    await api.apply({ kind: 'delete-person', id: '103', at: api.world.clock.now() });
    for (const url of urls) assert.equal((await api.server.inject({ url })).statusCode, 404);
  });

  test('a comma before the boundary counts as the semicolon, as older versions of X’s Ruby client write it', async () => {
    for (const [boundary, inBody] of [
      ['boundary=AaB03x', 'AaB03x'],
      ['boundary="Aa,B03x"', 'Aa,B03x'],
    ]) {
      const head = `--${inBody}\r\nContent-Disposition: form-data; name="media"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n`;
      const payload = Buffer.concat([Buffer.from(head), png, Buffer.from(`\r\n--${inBody}--\r\n`)]);
      for (const between of [', ', ',', ' , ', '; '])
        for (const url of ['/2/media/upload', '/1.1/media/upload.json']) {
          const headers = {
            authorization: `Bearer ${anna.bearerToken}`,
            'content-type': `multipart/form-data${between}${boundary}`,
          };
          const reply = await api.server.inject({ method: 'POST', url, headers, payload });
          assert.equal(reply.statusCode, 200, `${headers['content-type']}: ${reply.body}`);
        }
    }
  });

  test('whatever happens to the bytes of a form, the answer is a clear one', async () => {
    const good = Buffer.from(
      `--b\r\ncontent-disposition: form-data; name="media_category"\r\n\r\ntweet_image\r\n--b\r\ncontent-disposition: form-data; name="media"; filename="x.png"\r\ncontent-type: image/png\r\n\r\n${png.toString('latin1')}\r\n--b--\r\n`,
      'latin1',
    );
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    const body = fc
      .tuple(fc.array(change, { maxLength: 6 }), fc.nat(good.length))
      .map(([changes, length]) => {
        const bytes = Buffer.from(good.subarray(0, length % 4 === 0 ? length : good.length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(body, async (payload) => {
        const reply = await api.server.inject({
          method: 'POST',
          url: '/2/media/upload',
          headers: {
            authorization: `Bearer ${anna.bearerToken}`,
            'content-type': 'multipart/form-data; boundary=b',
          },
          payload,
        });
        assert.ok(reply.statusCode < 500, reply.body);
        checkReply('/2/media/upload', read(reply), 'post');
      }),
      { numRuns: runs(100) },
    );
    assert.deepEqual(api.mistakes, []);
  });

  test('a dry run keeps nothing', async () => {
    const reply = await api.send(
      'POST',
      anna,
      '/2/media/upload/initialize',
      { total_bytes: 5 },
      { 'parley-dry-run': '1' },
    );
    assert.equal(reply.status, 200);
    assert.equal(reply.json.dry_run.operation, 'initializeMediaUpload');
  });
});
