import { makeId } from '#kernel';
import {
  defaultPerson,
  defaultPost,
  type Media,
  noMetrics,
  type Person,
  type Place,
  type Post,
  type PostReader,
  type Related,
  type RelationReader,
} from '#posts';
import { ENTITIES, LANGS, TAGS, URLS, WORDS } from './network-words.ts';

/** A small network made from a seed: texts in many scripts, and every field that a query can ask for. */
export type Network = {
  posts: Post[];
  people: Person[];
  places: Place[];
  media: Media[];
  refusals: Map<string, { aiTraining: boolean; redistribution: boolean }>;
  /** Ids of persons by the list that they are on. */
  lists: Map<string, string[]>;
};

/** mulberry32: the same numbers from the same seed on every machine. */
export function randomFrom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (most: number): number => Math.floor(next() * most);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const chance = (part: number): boolean => next() < part;
  return { below, pick, chance };
}
export type GeneratorRandom = ReturnType<typeof randomFrom>;

const PLACES: Place[] = [
  {
    id: 'p1a',
    fullName: 'New York City, NY',
    name: 'New York City',
    countryCode: 'US',
    country: 'USA',
    geo: { type: 'Feature', bbox: [-74.05, 40.6, -73.9, 40.8] },
  },
  {
    id: 'p2b',
    fullName: 'York, England',
    name: 'York',
    countryCode: 'GB',
    geo: { type: 'Feature', bbox: [-1.1, 53.9, -1.05, 53.99] },
  },
  { id: 'p3c', fullName: 'Sao Paulo', countryCode: 'BR' },
];
const POINTS: [number, number][] = [
  [-73.95, 41.01],
  [-73.95, 40.99],
  [-73.95, 40.38],
  [-74.2, 40.7],

  [-73.95, 40.7],
  [-73.5, 40.7],
  [179.95, 0],
  [-179.95, 0],
  [10, 89.9],
  [2.35, 48.86],
];
const START_MS = Date.UTC(2026, 10, 1);

function person(id: string, username: string, fields: Partial<Person>): Person {
  return {
    ...defaultPerson(id),
    username,
    name: username,
    description: 'likes coffee',
    metrics: { followers: 10, following: 5, posts: 3, listed: 0 },
    ...fields,
  };
}

export function networkFrom(seed: number, size: number): Network {
  const random = randomFrom(seed);
  const people = ['alice', 'Bob_1', '42', '7', 'jean-luc.p'].map((username, at) =>
    person(String(at + 1 === 4 ? 42 : 100 + at), username, { verified: at % 2 === 0 }),
  );
  const media: Media[] = [
    { mediaKey: '3_1', type: 'photo' },
    { mediaKey: '7_1', type: 'video' },
    { mediaKey: '16_1', type: 'animated_gif' },
  ];
  const posts: Post[] = [];
  const refusals: Network['refusals'] = new Map();
  for (let at = 0; at < size; at += 1) {
    const post = randomPost(random, at, posts, people, media);
    posts.push(post);
    refusals.set(post.id, { aiTraining: random.chance(0.2), redistribution: random.chance(0.2) });
  }
  const ids = people.map(({ id }) => id);
  const lists = new Map([
    ['1', ids.filter(() => random.chance(0.4))],
    ['2', ids],
    ['3', []],
  ]);
  return { posts, people, places: PLACES, media, refusals, lists };
}

function sentence(random: GeneratorRandom): string {
  const count = 1 + random.below(7);
  const separators = [' ', ' ', ' ', ', ', ' - ', '\n', '! ', '\u3000', '/'];
  let text = '';
  for (let word = 0; word < count; word += 1) text += random.pick(WORDS) + random.pick(separators);
  return text;
}

function randomPost(
  random: GeneratorRandom,
  at: number,
  before: readonly Post[],
  people: readonly Person[],
  media: readonly Media[],
): Post {
  // Some minutes hold several posts, and the ids are not in the order in which posts are put in.
  const createdAt = START_MS + random.below(3 * 86_400_000);
  const id = makeId(createdAt, at);
  const author = random.pick(people);
  const text = sentence(random);
  const some = <T>(list: readonly T[], part = 0.3): T[] => list.filter(() => random.chance(part));
  const post: Post = {
    ...defaultPost({ id, authorId: author.id, createdAt }),
    text,
    lang: random.pick(LANGS),
    metrics: {
      ...noMetrics(),
      likes: random.pick([0, 0, 1, 3, 10, 37, 99, 100, 101, 1234]),
      replies: random.below(4),
      reposts: random.below(30),
    },
  };
  const whole = { start: 0, end: 1 };
  if (random.chance(0.3)) post.entities.hashtags = some(TAGS).map((tag) => ({ ...whole, tag }));
  if (random.chance(0.2)) post.entities.cashtags = [{ ...whole, tag: random.pick(['TWTR', 'fb']) }];
  if (random.chance(0.3)) mention(post, random.pick(people));
  if (random.chance(0.3)) {
    post.entities.urls = some(URLS, 0.5).map((url) => ({
      ...whole,
      url: 'https://t.co/z9',
      expandedUrl: url,
      title: 'Big snow',
    }));
  }
  if (random.chance(0.2)) {
    post.entities.annotations = [
      { ...whole, probability: 1, type: 'Person', normalizedText: random.pick(ENTITIES) },
    ];
  }
  if (random.chance(0.2)) {
    post.contextAnnotations = [
      {
        domain: { id: random.pick(['47', '10']), name: 'd' },
        entity: { id: random.pick(['7', '79']), name: random.pick(ENTITIES) },
      },
    ];
  }
  if (random.chance(0.3))
    post.geo = random.chance(0.5)
      ? { coordinates: random.pick(POINTS) }
      : { placeId: random.pick(PLACES).id };
  if (random.chance(0.3)) post.mediaKeys = some(media, 0.5).map(({ mediaKey }) => mediaKey);
  if (random.chance(0.1))
    post.longText = {
      text: `${text} ${sentence(random)}`,
      entities: { hashtags: [{ ...whole, tag: 'Longread' }] },
    };
  if (random.chance(0.1)) post.nullcast = true;
  const other = before.length > 0 && random.chance(0.4) ? random.pick(before) : undefined;
  if (other) relate(random, post, other);
  return post;
}

/** As X reads it: a name ends at a dot or hyphen. */
function mention(post: Post, { username }: Person): void {
  const start = [...post.text].length;
  const [name] = /^\w+/.exec(username)!;
  post.text += `@${username}`;
  post.entities.mentions = [{ start, end: start + 1 + name.length, username: name }];
}

function relate(random: GeneratorRandom, post: Post, other: Post): void {
  const type = random.pick(['replied_to', 'quoted', 'retweeted'] as const);
  post.references.push({ type, id: other.id });
  if (type === 'replied_to') {
    post.inReplyToPersonId = other.authorId;
    post.conversationId = other.conversationId;
  }
}

/** The network as a reader of posts. */
export function readerOfNetwork({
  posts,
  people,
  places,
  media,
  lists,
}: Network): PostReader & Pick<RelationReader, 'related' | 'isRelated'> {
  const byId = new Map(posts.map((post) => [post.id, post]));
  return {
    posts: (ids) => ids.map((id) => byId.get(id)),
    authorOf: (id) => byId.get(id)?.authorId,
    people: (ids) => ids.map((id) => people.find((one) => one.id === id)),
    peopleByUsername: (names) =>
      names.map((name) => people.find((one) => one.username.toLowerCase() === name.toLowerCase())),
    media: (keys) => keys.map((key) => media.find((one) => one.mediaKey === key)),
    places: (keys) => keys.map((key) => places.find((one) => one.id === key)),
    polls: () => [],
    timeline: () => [],
    between: () => [],
    newestPostId: () => undefined,
    related: (_kind, end, { limit }) =>
      (lists.get('from' in end ? end.from : '') ?? [])
        .map((id, at): Related => ({ id, at: 0, place: BigInt(at) }))
        .slice(0, limit),
    isRelated: (_kind, list, person) => lists.get(list)?.includes(person) ?? false,
    size: () => ({ posts: posts.length, people: people.length }),
  };
}
