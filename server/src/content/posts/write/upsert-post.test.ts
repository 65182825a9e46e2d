import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Change, Post } from '../index.ts';
import { aPost, memoryStore, START_MS, upsert, WITHHELD } from '../testing/world.ts';

describe('posts', () => {
  test('what a source left out is derived: language, conversation, the person replied to, entities', () => {
    const { apply, reader } = memoryStore();
    const {
      conversationId: _,
      entities: _e,
      editHistory: _h,
      ...bare
    } = aPost('2', { authorId: '102', lang: '', text: 'to #you' });
    apply(
      upsert('1', { conversationId: '7' }),
      { kind: 'post', post: { ...bare, references: [{ type: 'replied_to', id: '1' }] } },
      { kind: 'post', post: { ...bare, id: '3', references: [{ type: 'replied_to', id: '99' }] } },
      { kind: 'post', post: { ...bare, id: '4' } },
    );
    const [reply, orphan, root] = reader.posts(['2', '3', '4']) as Post[];
    assert.equal(reply!.conversationId, '7');
    assert.equal(reply!.inReplyToPersonId, '101');
    assert.equal(reply!.lang, 'und');
    assert.deepEqual(reply!.entities, { hashtags: [{ start: 3, end: 7, tag: 'you' }] });
    assert.equal(orphan!.conversationId, '99');
    assert.equal(orphan!.inReplyToPersonId, undefined);
    assert.equal(root!.conversationId, '4');
  });

  test('fields that a thin source did not say keep what a fuller one brought', () => {
    const { apply, reader, status } = memoryStore();
    const full = aPost('1', {
      source: 'Web',
      lang: 'de',
      metrics: { ...aPost('1').metrics, likes: 5 },
      entities: { hashtags: [{ start: 0, end: 4, tag: 'abc' }] },
    });
    apply({ kind: 'post', post: full });
    const thin: Change = {
      kind: 'post',
      post: aPost('1', { lang: 'und' }),
      unsaid: ['source', 'lang', 'metrics', 'entities'],
    };
    assert.equal(status(thin), 'unchanged');
    assert.deepEqual(reader.posts(['1']), [full]);
  });

  test('new view counts of a medium do not index its posts again; a new type does', () => {
    const { apply, reader, held } = memoryStore();
    const media = (type: 'photo' | 'video', views: number): Change => ({
      kind: 'media',
      media: { mediaKey: '3_1', type, views },
    });
    apply(media('video', 1), upsert('1', { mediaKeys: ['3_1'] }));
    const indexed = held().get('1');
    apply(media('video', 2));
    assert.equal(held().get('1'), indexed);
    assert.equal(reader.media(['3_1'])[0]?.views, 2);
    apply(media('photo', 3));
    assert.deepEqual(held().get('1')?.context.media, { images: true, videos: false });
  });

  test('an upsert only raises metrics, a change of metrics sets them', () => {
    const { apply, reader } = memoryStore();
    const likes = () => (reader.posts(['1'])[0] as Post).metrics.likes;
    const counted = (count: number) => upsert('1', { metrics: { ...aPost('1').metrics, likes: count } });
    apply(counted(5), counted(3));
    assert.equal(likes(), 5);
    apply({ kind: 'metrics', id: '1', metrics: { likes: 2 } });
    assert.equal(likes(), 2);
    apply(counted(4));
    assert.equal(likes(), 4);
  });

  test('an old file cannot bring back a deleted post, nor one deleted before it came', () => {
    const { status, reader, held } = memoryStore();
    assert.equal(status({ kind: 'delete-post', id: '5', at: START_MS }), 'deleted');
    assert.equal(status(upsert('5')), 'refused: deleted');
    assert.deepEqual(reader.posts(['5']), ['deleted']);
    assert.equal(held().size, 0);
  });

  test('media and polls are deleted with the last post that shows them', () => {
    const { apply, reader } = memoryStore();
    apply(
      { kind: 'media', media: { mediaKey: '3_1', type: 'photo' } },
      { kind: 'poll', poll: { id: '8', options: [] } },
      upsert('1', { mediaKeys: ['3_1'], pollIds: ['8'] }),
      upsert('2', { mediaKeys: ['3_1'] }),
      { kind: 'delete-post', id: '1', at: START_MS },
    );
    assert.deepEqual(reader.polls(['8']), [undefined]);
    assert.equal(reader.media(['3_1'])[0]?.type, 'photo');
    apply({ kind: 'delete-post', id: '2', at: START_MS });
    assert.deepEqual(reader.media(['3_1']), [undefined]);
  });

  test('limits refuse a post with a reason and touch nothing', () => {
    const { apply, reader } = memoryStore();
    const wrong: Partial<Post>[] = [
      { id: 'x' },
      { id: '007' },
      { id: '0' },
      { id: '99999999999999999999' },
      { authorId: '' },
      { text: 'a'.repeat(25_001) },
      { createdAt: Number.NaN },
      { createdAt: -1 },
      { references: Array.from({ length: 9 }, (_, index) => ({ type: 'quoted', id: String(index + 1) })) },
      { references: [{ type: 'quoted', id: '1' }] },
      { editHistory: ['2', '3'] },
      { editHistory: ['2', '1'] },
      { editHistory: ['1', '2', '3', '4', '5', '6', '7'] },
      { metrics: { ...aPost('1').metrics, likes: -1 } },
      { metrics: { ...aPost('1').metrics, likes: 0.5 } },
      { mediaKeys: Array.from({ length: 21 }, String) },
      { cardUri: 'c'.repeat(300_000) },
    ];
    for (const fields of wrong) {
      const [outcome] = apply(upsert('1', fields));
      assert.equal(
        outcome!.status === 'refused' && outcome!.because,
        'invalid',
        JSON.stringify(fields).slice(0, 80),
      );
    }
    assert.deepEqual(reader.size(), { posts: 0, people: 0 });
  });

  test('text comes back as it was given: NUL, lone surrogates, line ends, emoji', () => {
    const { apply, reader } = memoryStore();
    const text = 'a\u0000b \ud800 \r\n👩‍👩‍👧 ﷽';
    apply(upsert('1', { text }));
    assert.equal((reader.posts(['1'])[0] as Post).text, text);
  });

  test('only the one way to write an id finds a post', () => {
    const { apply, reader } = memoryStore();
    apply(upsert('1'));
    assert.deepEqual(reader.posts(['01', '1e0', '1.0', ' 1', '', '-1']), Array(6).fill(undefined));
  });
});

describe('timelines', () => {
  test('newest first between exclusive bounds, without replies or reposts when asked', () => {
    const { apply, reader } = memoryStore();
    apply(
      upsert('1'),
      upsert('2', { references: [{ type: 'replied_to', id: '1' }] }),
      upsert('3', { references: [{ type: 'retweeted', id: '99' }] }),
      upsert('4', { nullcast: true }),
      upsert('5', { withheld: WITHHELD }),
      upsert('6'),
      upsert('7', { authorId: '102' }),
    );
    const timeline = (page: Parameters<typeof reader.timeline>[1]) => reader.timeline('101', page).join();
    assert.equal(timeline({ limit: 9 }), '6,3,2,1');
    assert.equal(timeline({ limit: 2 }), '6,3');
    assert.equal(timeline({ limit: 9, beforeId: 6n, afterId: 1n }), '3,2');
    assert.equal(timeline({ limit: 9, exclude: ['replies'] }), '6,3,1');
    assert.equal(timeline({ limit: 9, exclude: ['replies', 'retweets'] }), '6,1');
    assert.equal(reader.newestPostId('101'), '6');
  });
});
