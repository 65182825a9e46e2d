import type { Clock } from '#kernel';
import type { Change } from '#posts';
import { calendar } from './calendar.ts';
import { castPerson, castPlaces, type Member, SPEAKERS } from './cast.ts';
import { createPlatform } from './platform.ts';
import { createRandom, type SampleRandom } from './random.ts';
import { createTies } from './ties.ts';

/** Few write much, most write little: the share of the cast falls with this power. */
const ACTIVITY_POWER = 2.2;
/** So many of the cast write while the demo runs. */
const LIVE_PEOPLE = 400;

/**
 * A made-up platform: places, people, then the posts of three weeks with threads, reposts, pictures, polls, edits and
 * deletions, a news event two days before now, and who follows, likes and lists whom. Exactly `posts` new posts. The same arguments give the same changes.
 * @param now Unix ms; nothing lies later. @param seed decides what is written; the people are always the same.
 */
export function* generateSample({
  posts,
  people,
  seed,
  now,
}: {
  posts: number;
  people: number;
  seed: number;
  now: number;
}): Generator<Change> {
  for (const place of castPlaces()) yield { kind: 'place', place };
  const cast = createCast();
  for (let index = 0; index < people; index++) {
    const { person, member } = castPerson(index);
    cast.add(member);
    yield { kind: 'person', person };
  }
  const random = createRandom(seed);
  const platform = createPlatform(random, () => now);
  const ties = createTies(createRandom(seed + 2), cast.all, now);
  for (const slot of calendar(posts, now, seed + 1)) {
    const author = cast.pick(slot.language, random);
    for (const change of platform.write(slot.at, author, slot.event ? 'event' : 'anything')) {
      ties.note(change);
      yield change;
    }
  }
  yield* platform.finish();
  yield* ties.all();
}

/**
 * The posts that are written while one watches: each `next` gives the changes of one post, made now. The first brings
 * its people along, who are those of every sample.
 */
export function* liveSample({ seed, clock }: { seed: number; clock: Clock }): Generator<Change[], never> {
  const cast = createCast();
  let first: Change[] = castPlaces().map((place) => ({ kind: 'place', place }));
  for (let index = 0; index < LIVE_PEOPLE; index++) {
    const { person, member } = castPerson(index);
    cast.add(member);
    first.push({ kind: 'person', person });
  }
  const random = createRandom(seed);
  const platform = createPlatform(random, () => clock.now());
  while (true) {
    const author = cast.pick(random.int(SPEAKERS.length * 2), random);
    yield [...first, ...platform.write(clock.now(), author, 'anything')];
    first = [];
  }
}

/** The people by language, so that a post of an hour's language finds somebody who speaks it. */
function createCast() {
  const all: Member[] = [];
  const byLanguage = SPEAKERS.map((): Member[] => []);
  return {
    all: all as readonly Member[],
    add(member: Member) {
      all.push(member);
      byLanguage[SPEAKERS.indexOf(member.speaker)]!.push(member);
    },
    /** @param language index of the language; anybody, if nobody speaks it. */
    pick(language: number, random: SampleRandom): Member {
      const speakers = byLanguage[language];
      const list = speakers && speakers.length > 0 ? speakers : all;
      return list[Math.floor(list.length * random.next() ** ACTIVITY_POWER)]!;
    },
  };
}
