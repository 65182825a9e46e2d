import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '#kernel';
import { runs } from '#test/runs';
import { LISTED_MS, type MessageEvent } from './index.ts';
import { messageWorld } from './testing/world.ts';

function worldOf(...ids: string[]) {
  const world = messageWorld();
  for (const id of ids) world.person(id);
  return world;
}

const refusal = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
const textOf = (event: MessageEvent) => (event.kind === 'MessageCreate' ? event.text : event.kind);

test('a message reaches both and nobody else, in a conversation named by both ids, the smaller first', () => {
  const world = worldOf('9', '10', '11');
  const { messages } = world;
  const sent = messages.sendTo('10', '9', { text: 'hello' });
  assert.equal(sent.conversationId, '9-10', 'ids are numbers, not words');
  for (const reader of ['9', '10']) {
    const [event] = messages.list(reader, { limit: 10 }).events;
    assert.ok(event?.kind === 'MessageCreate');
    assert.deepEqual(
      [event.id, event.text, event.senderId, event.conversationId, event.at],
      [sent.eventId, 'hello', '10', '9-10', world.clock.now()],
    );
    assert.deepEqual(messages.event(reader, sent.eventId), event);
  }
  assert.deepEqual(messages.list('11', { limit: 10, conversationId: '9-10' }).events, []);
  assert.equal(messages.event('11', sent.eventId), undefined);
  assert.equal(messages.participants('11', '9-10'), undefined);
  assert.equal(messages.remove('11', sent.eventId), false);
  assert.throws(() => messages.sendInto('11', '9-10', { text: 'me too' }), refusal('not-found'));
  assert.equal(messages.sendInto('9', '9-10', { text: 'hi' }).conversationId, '9-10');
});

test('who was blocked, or is blocked, cannot write; a protected person takes messages from whom they follow or wrote to', () => {
  const world = worldOf('1', '2');
  const { messages } = world;
  world.relate('block', '2', '1');
  assert.throws(() => messages.sendTo('1', '2', { text: 'a' }), refusal('client-forbidden'));
  assert.throws(() => messages.sendTo('2', '1', { text: 'a' }), refusal('client-forbidden'));
  world.unrelate('block', '2', '1');
  world.person('2', { protected: true });
  assert.equal(messages.mayWrite('1', '2'), false);
  assert.throws(() => messages.sendTo('1', '2', { text: 'a' }), refusal('client-forbidden'));
  world.relate('follow', '1', '2');
  assert.equal(messages.mayWrite('1', '2'), false, 'it is the protected one’s following that counts');
  world.relate('follow', '2', '1');
  assert.equal(messages.mayWrite('1', '2'), true);
  world.unrelate('follow', '2', '1');
  messages.sendTo('2', '1', { text: 'you first' });
  messages.sendTo('1', '2', { text: 'thanks' });
  assert.equal(messages.list('2', { limit: 10 }).events.length, 2);
});

test('what cannot be sent is refused and leaves nothing behind', () => {
  const world = worldOf('1', '2', '3');
  const { messages } = world;
  world.person('4', { state: 'suspended' });
  const long = '😀'.repeat(10_000);
  for (const [code, act] of [
    ['body-invalid', () => messages.sendTo('1', '2', {})],
    ['body-invalid', () => messages.sendTo('1', '2', { text: '' })],
    ['body-invalid', () => messages.sendTo('1', '2', { text: `${long}x` })],
    ['body-invalid', () => messages.sendTo('1', '2', { text: '\ud800' })],
    ['body-invalid', () => messages.sendTo('1', '2', { mediaIds: ['5'] })],
    ['body-invalid', () => messages.sendTo('1', '2', { text: 'x', mediaIds: ['5', '6'] })],
    ['not-found', () => messages.sendTo('1', '99', { text: 'x' })],
    ['client-forbidden', () => messages.sendTo('1', '1', { text: 'x' })],
    ['client-forbidden', () => messages.sendTo('1', '4', { text: 'x' })],
    ['client-forbidden', () => messages.sendTo('4', '1', { text: 'x' })],
    ['not-found', () => messages.sendInto('1', '77', { text: 'x' })],
    ['not-found', () => messages.sendInto('1', '2-3', { text: 'x' })],
    ['body-invalid', () => messages.createGroup('1', ['2'], { text: 'x' })],
    ['body-invalid', () => messages.createGroup('1', ['2', '2', '1'], { text: 'x' })],
    ['not-found', () => messages.createGroup('1', ['2', '99'], { text: 'x' })],
    [
      'body-invalid',
      () =>
        messages.createGroup(
          '1',
          Array.from({ length: 50 }, (_, at) => `${at + 2}`),
          { text: 'x' },
        ),
    ],
  ] as const) {
    assert.throws(act, refusal(code), act.toString());
  }
  for (const id of ['1', '2', '3', '4']) assert.deepEqual(messages.list(id, { limit: 10 }).events, []);
  assert.equal(messages.lastPlace(), 0);
  world.upload('1', '5');
  messages.sendTo('1', '2', { mediaIds: ['5'] });
  messages.sendTo('1', '2', { text: long });
  const [text, media] = messages.list('2', { limit: 10 }).events;
  assert.ok(text?.kind === 'MessageCreate' && media?.kind === 'MessageCreate');
  assert.deepEqual([text.text, media.media.map(({ mediaKey }) => mediaKey)], [long, ['3_5']]);
  assert.throws(
    () => messages.sendTo('2', '1', { mediaIds: ['5'] }),
    refusal('body-invalid'),
    'another’s media',
  );
});

test('a group begins with who joined and its first message; a block outside it changes nothing inside', () => {
  const world = worldOf('1', '2', '3', '4');
  const { messages } = world;
  const { conversationId, eventId } = messages.createGroup('2', ['3', '1', '3'], { text: 'plan' });
  assert.match(conversationId, /^\d{15,19}$/);
  for (const id of ['1', '2', '3']) {
    const { events } = messages.list(id, { limit: 10 });
    assert.deepEqual(events.map(textOf), ['plan', 'ParticipantsJoin']);
    const join = events[1]!;
    assert.ok(join.kind === 'ParticipantsJoin');
    assert.deepEqual([join.senderId, [...join.personIds].sort()], ['2', ['1', '2', '3']]);
    assert.deepEqual(messages.participants(id, conversationId), ['1', '2', '3']);
  }
  assert.equal(messages.event('4', eventId), undefined);
  assert.throws(() => messages.sendInto('4', conversationId, { text: 'x' }), refusal('not-found'));
  world.relate('block', '1', '3');
  messages.sendInto('3', conversationId, { text: 'on' });
  assert.equal(textOf(messages.list('1', { limit: 1 }).events[0]!), 'on');
  assert.throws(() => messages.createGroup('2', ['1', '4'], {}), refusal('body-invalid'));
  world.relate('block', '4', '2');
  assert.throws(() => messages.createGroup('2', ['1', '4'], { text: 'x' }), refusal('client-forbidden'));
});

test('media are kept from expiring for as long as anybody sees their message', () => {
  const world = worldOf('1', '2');
  const { messages, kept } = world;
  world.upload('1', '5');
  const { eventId } = messages.sendTo('1', '2', { mediaIds: ['5'] });
  assert.deepEqual([...kept], [eventId]);
  messages.remove('1', eventId);
  assert.deepEqual([...kept], [eventId]);
  messages.remove('2', eventId);
  assert.deepEqual([...kept], []);
  world.relate('block', '2', '1');
  assert.throws(() => messages.sendTo('1', '2', { mediaIds: ['5'] }), refusal('client-forbidden'));
  assert.deepEqual([...kept], [], 'what was not sent keeps nothing');
  world.unrelate('block', '2', '1');
  messages.sendTo('1', '2', { mediaIds: ['5'] });
  world.deletePerson('1');
  messages.followDeletions();
  assert.deepEqual([...kept], []);
});

test('posts whose addresses stand in a text are found, and nothing else is', () => {
  const { messages } = worldOf('1', '2');
  messages.sendTo('1', '2', {
    text: 'see https://x.com/a/status/123 and https://twitter.com/b_c/status/456?s=20 not https://x.com.evil.org/a/status/789 nor https://x.com/a/status/99999999999999999999 nor https://x.com/a',
  });
  const [event] = messages.list('2', { limit: 1 }).events;
  assert.ok(event?.kind === 'MessageCreate');
  assert.deepEqual(event.postIds, ['123', '456']);
});

test('events older than 30 days are not listed, but found by their id', () => {
  const { messages, clock } = worldOf('1', '2');
  const { eventId } = messages.sendTo('1', '2', { text: 'old' });
  clock.advance(LISTED_MS);
  assert.equal(messages.list('2', { limit: 10 }).events.length, 1);
  clock.advance(1);
  assert.deepEqual(messages.list('2', { limit: 10 }).events, []);
  assert.equal(textOf(messages.event('2', eventId)!), 'old');
});

test('a deleted account’s messages are gone at once, taken off the disk, and stay gone over a restart', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-messages-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const world = messageWorld(join(dir, 'messages.db'));
  for (const id of ['1', '2', '3']) world.person(id);
  const { conversationId } = world.messages.createGroup('1', ['2', '3'], { text: 'from one' });
  world.messages.sendInto('2', conversationId, { text: 'from two' });
  world.messages.sendTo('1', '2', { text: 'in private' });
  world.deletePerson('1', { told: false });
  assert.deepEqual(world.messages.list('2', { limit: 10 }).events.map(textOf), ['from two']);
  world.deletePerson('1');
  world.reopen();
  for (const id of ['2', '3']) {
    const { events } = world.messages.list(id, { limit: 10 });
    assert.deepEqual(events.map(textOf), ['ParticipantsLeave', 'from two']);
    assert.deepEqual(events[0]?.kind === 'ParticipantsLeave' && events[0].personIds, ['1']);
  }
  assert.deepEqual(world.messages.participants('2', conversationId), ['2', '3']);
  world.reopen();
  assert.equal(world.messages.list('2', { limit: 10 }).events.length, 2, 'it is done once');
  // An account that is only switched off comes back with what it wrote.
  world.person('2', { state: 'deactivated' });
  assert.deepEqual(world.messages.list('3', { limit: 10 }).events.map(textOf), ['ParticipantsLeave']);
  world.person('2');
  assert.equal(world.messages.list('3', { limit: 10 }).events.length, 2);
  world.messages.close();
});

test('nothing that was written stands readable in the folder', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-messages-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const world = messageWorld(join(dir, 'messages.db'));
  for (const id of ['1', '2']) world.person(id);
  world.messages.sendTo('1', '2', { text: 'a very private word' });
  const bytes = () => readdirSync(dir).map((name) => readFileSync(join(dir, name)).toString('latin1'));
  assert.ok(bytes().some((text) => text.length > 0));
  assert.equal(
    bytes().some((text) => text.includes('private')),
    false,
  );
  world.messages.close();
});

/** The naive reference: a list of events, each with the set of those who see it. */
test('pages, deletions and followers agree with a plain list, whatever is sent and deleted', () => {
  const people = ['1', '2', '3', '4'];
  const who = fc.constantFrom(...people);
  const step = fc.oneof(
    fc.record({ do: fc.constant('send' as const), from: who, to: who }),
    fc.record({ do: fc.constant('group' as const), from: who, size: fc.constantFrom(2, 3) }),
    fc.record({ do: fc.constant('into' as const), from: who, at: fc.nat(5) }),
    fc.record({ do: fc.constant('remove' as const), from: who, at: fc.nat(30) }),
    fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: -3, max: 12 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
      const world = worldOf(...people);
      const { messages } = world;
      const all: { id: string; conversation: string; at: number; seenBy: Set<string> }[] = [];
      const groups: { id: string; members: string[] }[] = [];
      const note = (id: string, conversation: string, seenBy: string[]) =>
        all.push({ id, conversation, at: world.clock.now(), seenBy: new Set(seenBy) });
      for (const one of steps) {
        if (one.do === 'wait') world.clock.advance(one.days * 86_400_000);
        else if (one.do === 'send' && one.from !== one.to) {
          const { conversationId, eventId } = messages.sendTo(one.from, one.to, { text: 'x' });
          note(eventId, conversationId, [one.from, one.to]);
        } else if (one.do === 'group') {
          const others = people.filter((id) => id !== one.from).slice(0, one.size);
          const { conversationId, eventId } = messages.createGroup(one.from, others, { text: 'x' });
          const members = [one.from, ...others];
          groups.push({ id: conversationId, members });
          const join = messages.list(one.from, { limit: 2, conversationId }).events.at(-1);
          if (join && join.id !== eventId) note(join.id, conversationId, members);
          note(eventId, conversationId, members);
        } else if (one.do === 'into' && groups.length > 0) {
          const group = groups[one.at % groups.length]!;
          if (!group.members.includes(one.from)) continue;
          note(messages.sendInto(one.from, group.id, { text: 'x' }).eventId, group.id, group.members);
        } else if (one.do === 'remove' && all.length > 0) {
          const event = all[one.at % all.length]!;
          assert.equal(messages.remove(one.from, event.id), event.seenBy.delete(one.from));
        }
      }
      const since = world.clock.now() - LISTED_MS;
      for (const person of people) {
        for (const conversationId of [undefined, '1-2', groups[0]?.id]) {
          const expected = all
            .filter(
              ({ at, seenBy, conversation }) =>
                at >= since && seenBy.has(person) && (conversationId ?? conversation) === conversation,
            )
            .map(({ id }) => id)
            .reverse();
          const down: string[] = [];
          let page = messages.list(person, { limit, conversationId });
          let lowest = page.oldest;
          for (;;) {
            down.push(...page.events.map(({ id }) => id));
            lowest = page.oldest ?? lowest;
            if (!page.hasMore) break;
            page = messages.list(person, { limit, conversationId, before: page.oldest });
          }
          assert.deepEqual(down, expected);
          // And back up, page by page.
          const up: string[] = expected.slice(-1);
          for (let above = lowest; above !== undefined; ) {
            const newer = messages.list(person, { limit, conversationId, after: above });
            up.unshift(...newer.events.map(({ id }) => id));
            above = newer.newest;
          }
          assert.deepEqual(up, expected);
        }
      }
      const kept = all
        .filter(({ seenBy }) => seenBy.size > 0)
        .map(({ id, seenBy }) => [id, [...seenBy].sort()]);
      assert.deepEqual(
        messages.after(0, 1_000).map(({ event, personIds }) => [event?.id, [...personIds].sort()]),
        kept,
      );
    }),
    { numRuns: runs(60) },
  );
});
