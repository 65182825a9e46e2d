import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { type Api, apiWorld, type Json, person, post, signedBy } from './api.ts';

const PAIR = '/2/dm_conversations/with/102';
const ALL_FIELDS =
  'dm_event.fields=attachments,created_at,dm_conversation_id,entities,event_type,id,participant_ids,referenced_tweets,sender_id,text';

async function peopled(t: Parameters<typeof apiWorld>[0]) {
  const api = await apiWorld(t);
  await api.apply(
    ...['101', '102', '103', '104'].map((id) => person(id)),
    post(60, { id: '900', authorId: '103' }),
  );
  const app = await api.app();
  const as = (id: string) => api.person(app, id);
  return { api, app, as };
}

async function sent(api: Api, from: { bearerToken: string }, url: string, body: object): Promise<Json> {
  const reply = await api.send('POST', from, url, body);
  assert.equal(reply.status, 201, reply.text);
  return reply.json.data;
}

describe('direct messages', () => {
  test('between two reach both, with the fields that were asked for, and nobody else', async (t) => {
    const { api, as } = await peopled(t);
    const data = await sent(api, as('102'), '/2/dm_conversations/with/101/messages', {
      text: 'see https://x.com/person103/status/900 #now',
    });
    assert.equal(data.dm_conversation_id, '101-102');
    const plain = (await api.get(as('101'), '/2/dm_events')).json;
    assert.deepEqual(plain, {
      data: [
        {
          id: data.dm_event_id,
          event_type: 'MessageCreate',
          text: 'see https://x.com/person103/status/900 #now',
        },
      ],
      meta: { result_count: 1 },
    });
    const addresses = ['/2/dm_events', `${PAIR}/dm_events`, '/2/dm_conversations/101-102/dm_events'];
    for (const address of addresses) {
      const url = `${address}?${ALL_FIELDS}&expansions=sender_id,referenced_tweets.id&tweet.fields=author_id`;
      const { json } = await api.get(as('101'), url);
      const [event] = json.data;
      assert.deepEqual(
        [event.sender_id, event.dm_conversation_id, event.created_at, event.referenced_tweets],
        ['102', '101-102', '2026-11-21T10:00:00.000Z', [{ id: '900' }]],
      );
      assert.equal(event.entities.hashtags[0].tag, 'now');
      assert.deepEqual(json.includes.users, [{ id: '102', name: 'Person 102', username: 'person102' }]);
      assert.deepEqual(json.includes.tweets[0].author_id, '103');
    }
    const url = `/2/dm_events/${data.dm_event_id}`;
    assert.equal((await api.get(as('102'), `${url}?dm_event.fields=sender_id`)).json.data.sender_id, '102');
    for (const address of [...addresses, '/2/dm_events']) {
      const other = (await api.get(as('103'), address)).json;
      assert.deepEqual(other, { meta: { result_count: 0 } }, address);
    }
    const missing = (await api.get(as('103'), url)).json;
    const never = (await api.get(as('103'), '/2/dm_events/1')).json;
    assert.deepEqual(
      missing,
      JSON.parse(
        JSON.stringify(never)
          .replaceAll('"1"', `"${data.dm_event_id}"`)
          .replaceAll('[1]', `[${data.dm_event_id}]`),
      ),
    );
    assert.equal((await api.send('DELETE', as('103'), url)).json.data.deleted, false);
    assert.equal((await api.get(as('101'), url)).json.data.id, data.dm_event_id);
    assert.deepEqual(api.mistakes, []);
  });

  test('answer in the newer dialect when asked in it', async (t) => {
    const { api, as } = await peopled(t);
    await sent(api, as('101'), `${PAIR}/messages`, { text: 'https://x.com/a/status/900' });
    const { json } = await api.get(
      as('102'),
      '/2/dm_events?expansions=referenced_posts&post.fields=public_metrics&dm_event.fields=referenced_posts',
    );
    assert.deepEqual(json.data[0].referenced_posts, [{ id: '900' }]);
    assert.equal(json.includes.posts[0].id, '900');
  });

  test('in groups tell who joined, and are filtered by kind', async (t) => {
    const { api, as } = await peopled(t);
    const data = await sent(api, as('101'), '/2/dm_conversations', {
      conversation_type: 'Group',
      participant_ids: ['102', '103'],
      message: { text: 'all' },
    });
    await sent(api, as('103'), `/2/dm_conversations/${data.dm_conversation_id}/messages`, { text: 'yes' });
    const url = `/2/dm_conversations/${data.dm_conversation_id}/dm_events`;
    const all = (await api.get(as('102'), url)).json.data;
    assert.deepEqual(
      all.map((one: Json) => one.text ?? one.event_type),
      ['yes', 'all', 'ParticipantsJoin'],
    );
    const joined = (
      await api.get(as('102'), `${url}?event_types=ParticipantsJoin&expansions=participant_ids`)
    ).json;
    assert.deepEqual(joined.data[0].participant_ids.sort(), ['101', '102', '103']);
    assert.deepEqual(joined.includes.users.map(({ id }: Json) => id).sort(), ['101', '102', '103']);
    const outside = await api.send('POST', as('104'), url.replace('dm_events', 'messages'), { text: 'x' });
    const unknown = await api.send('POST', as('104'), '/2/dm_conversations/1234567890123456/messages', {
      text: 'x',
    });
    assert.deepEqual([outside.status, unknown.status], [404, 404]);
    assert.deepEqual((await api.get(as('104'), url)).json, { meta: { result_count: 0 } });
  });

  test('are deleted for the one who deletes, and page both ways', async (t) => {
    const { api, as } = await peopled(t);
    const ids: string[] = [];
    for (let at = 0; at < 7; at += 1) {
      ids.unshift((await sent(api, as('101'), `${PAIR}/messages`, { text: `m${at}` })).dm_event_id);
    }
    const gone = ids.splice(3, 1)[0];
    assert.equal((await api.send('DELETE', as('102'), `/2/dm_events/${gone}`)).json.data.deleted, true);
    assert.equal((await api.send('DELETE', as('102'), `/2/dm_events/${gone}`)).json.data.deleted, false);
    assert.equal((await api.get(as('102'), `/2/dm_events/${gone}`)).json.data, undefined);
    assert.equal((await api.get(as('101'), `/2/dm_events/${gone}`)).json.data.id, gone);
    const page = async (token?: string) =>
      (await api.get(as('102'), `/2/dm_events?max_results=4${token ? `&pagination_token=${token}` : ''}`))
        .json;
    const idsOf = ({ data }: Json) => data.map(({ id }: Json) => id);
    const first = await page();
    assert.deepEqual([idsOf(first), first.meta.previous_token], [ids.slice(0, 4), undefined]);
    const second = await page(first.meta.next_token);
    assert.deepEqual([idsOf(second), second.meta.next_token], [ids.slice(4), undefined]);
    const back = await page(second.meta.previous_token);
    assert.deepEqual([idsOf(back), back.meta.previous_token], [ids.slice(0, 4), undefined]);
    assert.deepEqual(idsOf(await page(back.meta.next_token)), ids.slice(4));
    const foreign = await api.get(as('102'), `${PAIR}/dm_events?pagination_token=${first.meta.next_token}`);
    assert.equal(foreign.status, 400, 'one listing’s token at another');
  });

  test('400: what cannot be read or sent', async (t) => {
    const { api, as } = await peopled(t);
    const url = `${PAIR}/messages`;
    for (const body of [
      '',
      '[]',
      '{"text":1}',
      '{"text":""}',
      '{"attachments":[]}',
      '{"attachments":[{"media_id":5}]}',
      '{"attachments":[{"media_id":"5"},{"media_id":"6"}]}',
      '{"attachments":[{"media_id":"5"}]}',
      '{"text":"\\ud800"}',
      JSON.stringify({ text: 'x'.repeat(10_001) }),
    ]) {
      const reply = await api.send('POST', as('101'), url, body);
      assert.equal(reply.status, 400, body);
    }
    for (const body of [
      { conversation_type: 'Pair', participant_ids: ['102', '103'], message: { text: 'x' } },
      { conversation_type: 'Group', participant_ids: ['102'], message: { text: 'x' } },
      { conversation_type: 'Group', participant_ids: [102, 103], message: { text: 'x' } },
      { conversation_type: 'Group', participant_ids: ['102', '103'] },
    ]) {
      assert.equal((await api.send('POST', as('101'), '/2/dm_conversations', body)).status, 400);
    }
    for (const address of [
      '/2/dm_conversations/1-2-3/dm_events',
      '/2/dm_conversations/abc/dm_events',
      '/2/dm_conversations/with/abc/dm_events',
      '/2/dm_events/abc',
      '/2/dm_events?max_results=101',
      '/2/dm_events?event_types=Typing',
      '/2/dm_events?dm_event.fields=colour',
      '/2/dm_events?pagination_token=zzz',
    ]) {
      assert.equal((await api.get(as('101'), address)).status, 400, address);
    }
    assert.deepEqual((await api.get(as('102'), '/2/dm_events')).json, { meta: { result_count: 0 } });
    assert.deepEqual(api.mistakes, []);
  });

  test('403: with an app’s own key, without the right, and where a block stands between', async (t) => {
    const { api, app, as } = await peopled(t);
    const own = await api.get(app, '/2/dm_events');
    assert.deepEqual([own.status, own.json.title], [403, 'Unsupported Authentication']);
    const reader = api.person(app, '101', { scopes: ['dm.read', 'tweet.read', 'users.read'] });
    assert.equal((await api.get(reader, '/2/dm_events')).status, 200);
    const lacking = await api.send('POST', reader, `${PAIR}/messages`, { text: 'x' });
    assert.deepEqual([lacking.status, lacking.json.reason], [403, 'missing-scope']);
    const writer = api.person(app, '101', { scopes: ['dm.write', 'tweet.read', 'users.read'] });
    assert.equal((await api.get(writer, '/2/dm_events')).status, 403);
    await api.apply({ kind: 'relate', relation: 'block', from: '102', to: '101', at: api.world.clock.now() });
    for (const [from, to] of [
      ['101', '102'],
      ['102', '101'],
    ] as const) {
      const refused = await api.send('POST', as(from), `/2/dm_conversations/with/${to}/messages`, {
        text: 'x',
      });
      assert.deepEqual([refused.status, refused.json.title], [403, 'Client Forbidden']);
    }
    const nobody = await api.send('POST', as('101'), '/2/dm_conversations/with/999/messages', { text: 'x' });
    assert.equal(nobody.status, 404);
  });

  test('a signed request of OAuth 1.0a may do the same', async (t) => {
    const { api, app } = await peopled(t);
    const token = api.person(app, '101', { via: 'oauth1' });
    const reply = await api.send('POST', token, `${PAIR}/messages`, { text: 'x' }, signedBy(token));
    assert.equal(reply.status, 201, reply.text);
  });

  test('cost nothing themselves; persons and posts that come along are billed, and a dry run sends nothing', async (t) => {
    const { api, as } = await peopled(t);
    const dry = await api.send(
      'POST',
      as('101'),
      `${PAIR}/messages`,
      { text: 'x' },
      { 'parley-dry-run': '1' },
    );
    assert.equal(dry.json.dry_run.posts_billed, 0);
    assert.deepEqual((await api.get(as('102'), '/2/dm_events')).json, { meta: { result_count: 0 } });
    await sent(api, as('101'), `${PAIR}/messages`, { text: 'https://x.com/a/status/900' });
    const plain = await api.get(as('102'), '/2/dm_events');
    assert.deepEqual([plain.headers['parley-posts'], plain.headers['parley-persons']], ['0/0', '0/0']);
    const full = await api.get(as('102'), '/2/dm_events?expansions=sender_id,referenced_tweets.id');
    assert.deepEqual([full.headers['parley-posts'], full.headers['parley-persons']], ['1/1', '1/1']);
  });

  test('at the cap’s edge lose what comes along, and say so, but no message', async (t) => {
    const { api, as } = await peopled(t);
    await api.apply(post(61, { id: '901', authorId: '103' }));
    for (const id of ['900', '901'])
      await sent(api, as('101'), `${PAIR}/messages`, { text: `https://x.com/a/status/${id}` });
    await api.world.terms.addPlan({ name: 'tiny', base: 'pro', monthlyPostCap: 1 });
    const reader = api.person(await api.app({ plan: 'tiny' }), '102');
    const url = '/2/dm_events?expansions=sender_id,referenced_tweets.id';
    const { json } = await api.get(reader, url);
    assert.equal(json.data.length, 2);
    assert.deepEqual(
      json.includes.tweets.map(({ id }: Json) => id),
      ['901'],
    );
    assert.deepEqual(
      json.errors.map(({ title, resource_id }: Json) => [title, resource_id]),
      [['UsageCapExceeded', '900']],
    );
    const again = await api.get(reader, url);
    assert.deepEqual(again.json, json, 'what was delivered today is free');
    await api.apply({ kind: 'delete-post', id: '901', at: api.world.clock.now() });
    const alone = await api.get(reader, '/2/dm_events?expansions=referenced_tweets.id');
    assert.deepEqual([alone.status, alone.json.title], [429, 'UsageCapExceeded']);
    assert.equal((await api.get(reader, '/2/dm_events')).json.data.length, 2);
  });

  test('show the sender’s own uploads, to the two who see the message and nobody else’s', async (t) => {
    const { api, as } = await peopled(t);
    const alice = as('101');
    const picture = await sharp({ create: { width: 4, height: 3, channels: 3, background: '#c00' } })
      .png()
      .toBuffer();
    const upload = { media: picture.toString('base64'), media_category: 'dm_image', media_type: 'image/png' };
    const uploaded = await api.send('POST', alice, '/2/media/upload', upload);
    assert.equal(uploaded.status, 200, uploaded.text);
    const attachments = [{ media_id: uploaded.json.data.id }];
    const stolen = await api.send('POST', as('102'), '/2/dm_conversations/with/101/messages', {
      attachments,
    });
    assert.equal(stolen.status, 400);
    await sent(api, alice, `${PAIR}/messages`, { attachments });
    const url = '/2/dm_events?expansions=attachments.media_keys&media.fields=url,width,height';
    const { json } = await api.get(as('102'), url);
    const [event] = json.data;
    assert.deepEqual([event.event_type, event.text], ['MessageCreate', undefined]);
    const [medium] = json.includes.media;
    assert.deepEqual(
      [[medium.media_key], medium.type, medium.width],
      [event.attachments.media_keys, 'photo', 4],
    );
    const { pathname } = new URL(medium.url);
    assert.equal((await api.server.inject(pathname)).statusCode, 200);
    for (const id of ['101', '102']) await api.send('DELETE', as(id), `/2/dm_events/${event.id}`);
    assert.equal((await api.server.inject(pathname)).statusCode, 404, 'gone with the message');
  });

  test('what a deleted person sent is gone from everybody’s list at once', async (t) => {
    const { api, as } = await peopled(t);
    const { dm_event_id: id } = await sent(api, as('101'), `${PAIR}/messages`, { text: 'x' });
    await api.apply({ kind: 'delete-person', id: '101', at: api.world.clock.now() });
    assert.deepEqual((await api.get(as('102'), '/2/dm_events')).json, { meta: { result_count: 0 } });
    assert.equal(api.world.messages.event('102', id), undefined);
    assert.equal(api.world.messages.after(0, 10).length, 0, 'and from the disk');
  });

  test('are there again after a restart', async (t) => {
    const { api, as } = await peopled(t);
    const { dm_event_id: id } = await sent(api, as('101'), `${PAIR}/messages`, { text: 'kept' });
    const again = await api.world.restart();
    const event = again.messages.event('102', id);
    assert.equal(event?.kind === 'MessageCreate' && event.text, 'kept');
  });
});
