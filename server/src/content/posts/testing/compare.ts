import assert from 'node:assert/strict';
import type { Post } from '../model/post.ts';
import { RELATIONS } from '../model/relation.ts';
import { judgePosts } from '../read/judge-posts.ts';
import { LIST_IDS, MEDIA_KEYS, NAMES, PERSON_IDS, POST_IDS, STRANGER } from './change-generator.ts';
import { type createModel, plain } from './model-oracle.ts';
import type { memoryStore } from './world.ts';

export type ComparedWorld = ReturnType<typeof memoryStore>;

/** Everything that can be asked, of the store and of the model. */
export function compare({ reader, held }: ComparedWorld, model: ReturnType<typeof createModel>): void {
  const ask = (what: string, actual: unknown, expected: unknown) =>
    assert.deepEqual(plain(actual), plain(expected), what);
  for (const [index, found] of reader.posts(POST_IDS).entries())
    ask(`post ${POST_IDS[index]}`, found, model.post(POST_IDS[index]!));
  for (const id of PERSON_IDS) {
    ask(`person ${id}`, reader.people([id])[0], model.person(id));
    ask(`timeline of ${id}`, reader.timeline(id, { limit: 99 }), model.timeline(id));
    ask(`newest of ${id}`, reader.newestPostId(id), model.timeline(id)[0]);
  }
  for (const name of NAMES)
    ask(`person called ${name}`, reader.peopleByUsername([name])[0]?.id, model.personNamed(name));
  for (const key of MEDIA_KEYS) ask(`medium ${key}`, reader.media([key])[0], model.media(key));
  ask('poll', reader.polls(['8'])[0], model.poll('8'));
  ask('size', reader.size(), model.size());
  for (const id of POST_IDS) {
    const entry = held().get(id);
    ask(`index of ${id}`, entry?.context, model.indexed(id));
    if (entry)
      ask(
        `indexed words of ${id}`,
        { ...entry.post, editHistory: 0 },
        { ...(model.post(id) as Post), editHistory: 0 },
      );
  }
}

/** Every page of what stands between posts, persons and lists. */
export function compareRelations({ reader }: ComparedWorld, model: ReturnType<typeof createModel>): void {
  const ask = (what: string, actual: unknown, expected: unknown) =>
    assert.deepEqual(plain(actual), plain(expected), what);
  const held = model.relations.held();
  const people = [...PERSON_IDS, STRANGER];
  for (const kind of RELATIONS) {
    const own = held.filter((one) => one.kind === kind).toReversed();
    for (const id of [...people, ...POST_IDS, ...LIST_IDS]) {
      for (const [end, other] of [
        ['from', 'to'],
        ['to', 'from'],
      ] as const) {
        const found = reader.related(kind, { [end]: id } as { from: string }, { limit: 99 });
        const wanted = own.filter((one) => one[end] === id);
        ask(
          `${kind} ${end} ${id}`,
          found.map((one) => [one.id, one.at]),
          wanted.map((one) => [one[other], one.at]),
        );
        if (end === 'from')
          assert.deepEqual(
            reader.relatedAmong(kind, id, [...people, ...POST_IDS, ...LIST_IDS]),
            new Set(wanted.map(({ to }) => to)),
          );
        if (found.length < 3) continue;
        const places = found.map(({ place }) => place);
        const page = (bounds: object) =>
          reader.related(kind, { [end]: id } as { from: string }, { limit: 1, ...bounds });
        const ids = (rows: { id: string }[]) => rows.map(({ id: one }) => one);
        ask('next', ids(page({ before: places[0] })), ids([found[1]!]));
        ask('back', ids(page({ after: places[2] })), ids([found[1]!]));
        ask('between', ids(page({ after: places[2], before: places[0], limit: 9 })), ids([found[1]!]));
      }
    }
  }
  for (const id of LIST_IDS) ask(`list ${id}`, reader.lists([id])[0], model.relations.list(id));
  for (const id of POST_IDS) {
    ask(`hidden ${id}`, reader.isHidden(id), model.isHidden(id));
    const reposts = model.repostsOf(id);
    ask(`reposts of ${id}`, reader.repostsOf(id, { limit: 99 }), reposts);
    const oldest = reposts.at(-1);
    if (oldest !== undefined)
      ask(
        'back',
        reader.repostsOf(id, { afterId: BigInt(oldest), limit: 1 }),
        reposts.slice(0, -1).slice(-1),
      );
    for (const personId of PERSON_IDS)
      ask(`repost of ${id} by ${personId}`, reader.repostBy(personId, id), model.repostBy(personId, id));
  }
  for (const id of PERSON_IDS) {
    ask(`lists of ${id}`, reader.listsOwned(id, { limit: 9 }), model.relations.listsOwned(id));
    ask(`reposted of ${id}`, reader.repostedPostsOf(id, { limit: 99 }), model.repostedPostsOf(id));
  }
  const home = model.timelineOf(PERSON_IDS);
  ask('timeline of all', reader.timelineOf(PERSON_IDS, { limit: 99 }), home);
  if (home.length > 2)
    ask(
      'a page of it',
      reader.timelineOf(PERSON_IDS, { beforeId: BigInt(home[0]!), limit: 2 }),
      home.slice(1, 3),
    );
  for (const words of ['a', 'an', 'ANNA', 'person', 'p 101', 'carla person', 'x'])
    ask(
      `people called ${words}`,
      reader.searchPeople(words, { after: 0, limit: 99 }),
      model.searchPeople(words),
    );
}

/** Search shows exactly the newest versions that the rules let search show, by what the reader gives. */
export function indexFollowsRules({ reader, held }: ComparedWorld): void {
  const there = reader.posts(POST_IDS).filter((one) => one !== undefined && one !== 'deleted');
  const newest = there.filter((one) => one.editHistory.at(-1) === one.id);
  const verdicts = judgePosts(reader, newest, { search: true });
  assert.deepEqual(
    [...held().keys()].sort(),
    newest.filter((_, index) => verdicts[index] === 'serve').map(({ id }) => id),
  );
  for (const use of ['aiTraining', 'redistribution'] as const) {
    const mark = use === 'aiTraining' ? 'refusesAiTraining' : 'refusesRedistribution';
    const shown = newest.filter(({ id }) => held().has(id));
    const uses = judgePosts(reader, shown, { [use]: true });
    shown.forEach(({ id }, index) => {
      assert.equal(held().get(id)?.context[mark], uses[index] === 'refused', `${mark} of ${id}`);
    });
  }
}
