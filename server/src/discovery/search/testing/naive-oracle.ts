import type { Place, Post } from '#posts';
import type { Query, Term } from '../query/ast.ts';
import { hasRun, same, tokensOf } from './naive-words.ts';
import type { GeneratorRandom, Network } from './network-generator.ts';
import { ENTITIES, LANGS, TAGS, WORDS } from './network-words.ts';

/**
 * Random queries about a network, and a reference that answers them from the plain posts with nothing but string
 * functions. It shares no code with the module: no tokeniser, no marks, no index.
 */

/** A random query of the search language, as a tree; some of them bound by nothing positive. */
export function randomQuery(random: GeneratorRandom, network: Network, depth = 0): Query {
  const kind = random.below(depth > 3 ? 1 : 6);
  if (kind <= 2) return randomTerm(random, network);
  if (kind === 3) return { kind: 'not', of: randomQuery(random, network, depth + 1) };
  const of = Array.from({ length: 2 + random.below(3) }, () => randomQuery(random, network, depth + 1));
  return { kind: kind === 4 ? 'and' : 'or', of };
}

const FLAGS = [
  'is:retweet',
  'is:reply',
  'is:quote',
  'is:verified',
  'is:nullcast',
  'has:hashtags',
  'has:cashtags',
  'has:links',
  'has:mentions',
  'has:media',
  'has:images',
  'has:videos',
  'has:geo',
] as const;

function randomTerm(random: GeneratorRandom, { posts, people }: Network): Term {
  const who = random.pick([...people.map((one) => one.username), ...people.map((one) => one.id), 'nobody']);
  const id = random.pick(posts).id;
  const word = random.pick(WORDS);
  const choices: (() => Term)[] = [
    () => ({ kind: 'keyword', text: word }),
    () => ({ kind: 'keyword', text: word }),
    () => ({ kind: 'keyword', text: word }),
    () => ({ kind: 'phrase', text: `${word} ${random.pick(WORDS)}` }),
    () => ({ kind: 'phrase', text: word }),
    () => ({ kind: 'hashtag', tag: random.pick([...TAGS, 'longread']) }),
    () => ({ kind: 'cashtag', tag: random.pick(['twtr', 'FB', 'x']) }),
    () => ({ kind: 'mention', username: random.pick(people).username }),
    () => ({ kind: 'person', relation: random.pick(['from', 'to', 'retweets_of'] as const), who }),
    () => ({
      kind: 'post',
      relation: random.pick([
        'conversation_id',
        'in_reply_to_tweet_id',
        'retweets_of_tweet_id',
        'quotes_of_tweet_id',
      ] as const),
      id,
    }),
    () => ({ kind: 'flag', flag: random.pick(FLAGS) }),
    () => ({ kind: 'text', field: 'lang', value: random.pick([...LANGS, 'id', 'EN']) }),
    () => ({
      kind: 'text',
      field: 'url',
      value: random.pick([
        'example',
        'example.com',
        'https://shop.example.com',
        't.co',
        'munchen',
        'coffee/shop',
        'com/coffee',
      ]),
    }),
    () => ({ kind: 'text', field: 'entity', value: random.pick([...ENTITIES, 'michael jordan']) }),
    () => ({
      kind: 'text',
      field: 'context',
      value: random.pick(['47.7', '10.79', '47.*', '*.79', '*.7', '9.9']),
    }),
    () => ({
      kind: 'text',
      field: 'place',
      value: random.pick(['york', 'new york city', 'P1A', 'são paulo', 'york england']),
    }),
    () => ({ kind: 'text', field: 'place_country', value: random.pick(['US', 'GB', 'DE']) }),
    () => ({ kind: 'text', field: 'list', value: random.pick(['1', '2', '3', '4']) }),
    () => ({
      kind: 'number',
      field: random.pick(['min_likes', 'min_replies', 'min_reposts'] as const),
      least: random.pick([0, 1, 2, 3, 10, 36, 37, 100, 5000]),
    }),
    () => ({
      kind: 'radius',
      longitude: random.pick([-73.95, -73.99, 179.9, 10]),
      latitude: random.pick([40.7, 40.98, 0, 89.8]),
      radius: random.pick([1, 24]),
      unit: random.pick(['mi', 'km'] as const),
    }),
    () => ({
      kind: 'box',
      west: -75,
      south: 40,
      east: random.pick([-73.9, -73.2, 170]),
      north: random.pick([41, 80]),
    }),
  ];
  return random.pick(choices)();
}

/** The reference: does the post match, by the words of the facts and nothing else? */
export function matchesNaively(query: Query, post: Post, network: Network): boolean {
  if (query.kind === 'and') return query.of.every((child) => matchesNaively(child, post, network));
  if (query.kind === 'or') return query.of.some((child) => matchesNaively(child, post, network));
  if (query.kind === 'not') return !matchesNaively(query.of, post, network);
  return termMatches(query, post, network);
}

/** X's reading of the name, or one that goes on behind it and ends where a part ends. */
function mayName(one: { start: number; username: string }, text: string, name: string): boolean {
  const parts = [...text]
    .slice(one.start + 1)
    .join('')
    .split(/(?<=\w)(?=[.-])|(?![\w.-])/);
  return parts.some((_, at) => same(parts.slice(0, at + 1).join(''), name)) || same(one.username, name);
}

function termMatches(term: Term, post: Post, network: Network): boolean {
  const isRepost = post.references.some(({ type }) => type === 'retweeted');
  const entities = [post.entities, post.longText?.entities ?? {}];
  const place = network.places.find(({ id }) => id === post.geo?.placeId);
  const isPerson = (id: string | undefined, who: string): boolean =>
    id !== undefined &&
    (id === who ||
      network.people.some((one) => one.id === id && one.username.toLowerCase() === who.toLowerCase()));
  const refersTo = (type: string, id: string): boolean =>
    post.references.some((one) => one.type === type && one.id === id);
  switch (term.kind) {
    case 'keyword':
    case 'phrase':
      return !isRepost && hasRun(post.longText?.text ?? post.text, term.text);
    case 'hashtag':
      return (
        !isRepost && entities.some(({ hashtags = [] }) => hashtags.some(({ tag }) => same(tag, term.tag)))
      );
    case 'cashtag':
      return (
        !isRepost && entities.some(({ cashtags = [] }) => cashtags.some(({ tag }) => same(tag, term.tag)))
      );
    case 'mention':
      return (
        !isRepost && (post.entities.mentions ?? []).some((one) => mayName(one, post.text, term.username))
      );
    case 'person': {
      if (term.relation === 'from') return isPerson(post.authorId, term.who);
      if (term.relation === 'to') return isPerson(post.inReplyToPersonId, term.who);
      const original = post.references.find(({ type }) => type === 'retweeted')?.id;
      return isPerson(network.posts.find(({ id }) => id === original)?.authorId, term.who);
    }
    case 'post':
      if (term.relation === 'conversation_id') return post.conversationId === term.id;
      if (term.relation === 'in_reply_to_tweet_id') return refersTo('replied_to', term.id);
      return refersTo(term.relation === 'retweets_of_tweet_id' ? 'retweeted' : 'quoted', term.id);
    case 'flag':
      return flagHolds(term.flag, post, network);
    case 'text':
      if (term.field === 'list') return network.lists.get(term.value)?.includes(post.authorId) ?? false;
      return textMatches(term.field, term.value, post, isRepost, place);
    case 'number': {
      const field = {
        min_likes: 'likes',
        min_replies: 'replies',
        min_reposts: 'reposts',
        sample: 'quotes',
      } as const;
      return post.metrics[field[term.field]] >= term.least;
    }
    default:
      return isNear(term, post, place);
  }
}

function flagHolds(flag: string, post: Post, network: Network): boolean {
  const count = (kind: 'hashtags' | 'cashtags' | 'mentions' | 'urls'): number =>
    (post.entities[kind]?.length ?? 0) + (post.longText?.entities?.[kind]?.length ?? 0);
  const types = (post.mediaKeys ?? []).map(
    (key) => network.media.find(({ mediaKey }) => mediaKey === key)?.type,
  );
  const table: Record<string, () => boolean> = {
    'is:retweet': () => post.references.some(({ type }) => type === 'retweeted'),
    'is:reply': () => post.inReplyToPersonId !== undefined,
    'is:quote': () => post.references.some(({ type }) => type === 'quoted'),
    'is:verified': () => network.people.find(({ id }) => id === post.authorId)!.verified,
    'is:nullcast': () => post.nullcast === true,
    'has:hashtags': () => count('hashtags') > 0,
    'has:cashtags': () => count('cashtags') > 0,
    'has:links': () => count('urls') > 0 || types.length > 0,
    'has:mentions': () => count('mentions') > 0,
    'has:media': () => types.length > 0,
    'has:images': () => types.includes('photo') || types.includes('animated_gif'),
    'has:videos': () => types.includes('video'),
    'has:geo': () => post.geo !== undefined,
  };
  return table[flag]!();
}

function textMatches(
  field: string,
  value: string,
  post: Post,
  isRepost: boolean,
  place: Place | undefined,
): boolean {
  const annotations = post.contextAnnotations ?? [];
  switch (field) {
    case 'lang':
      return post.lang === value.toLowerCase().replace(/^id$/, 'in');
    case 'url':
      return (
        !isRepost &&
        (post.entities.urls ?? []).some(
          ({ url, expandedUrl = '' }) => hasRun(url, value) || hasRun(expandedUrl, value),
        )
      );
    case 'entity':
      return [
        ...annotations.map(({ entity }) => entity.name),
        ...(post.entities.annotations ?? []).map((one) => one.normalizedText),
      ].some((name) => tokensOf(name).join(' ') === tokensOf(value).join(' '));
    case 'context': {
      const [domain, entity] = value.split('.');
      return annotations.some(
        (one) => (domain === '*' || one.domain.id === domain) && (entity === '*' || one.entity.id === entity),
      );
    }
    case 'place':
      return (
        post.geo?.placeId === value.toLowerCase() ||
        [place?.fullName ?? '', place?.name ?? ''].some((name) => hasRun(name, value))
      );
    default:
      return field === 'place_country' && place?.countryCode === value;
  }
}

function isNear(term: Term, post: Post, place: Place | undefined): boolean {
  const [west = 999, south = 999, east = 999, north = 999] = place?.geo?.bbox ?? [];
  const point = post.geo?.coordinates;
  const corners = point
    ? [point]
    : ([
        [west, south],
        [east, north],
        [west, north],
        [east, south],
      ] as const);
  return corners.every(([longitude, latitude]) => {
    if (latitude === 999) return false;
    if (term.kind === 'box') {
      return (
        longitude >= term.west && longitude <= term.east && latitude >= term.south && latitude <= term.north
      );
    }
    if (term.kind !== 'radius') return false;
    // The angle between two unit vectors: another road to the distance than the haversine.
    const vector = (lon: number, lat: number) => {
      const [a, b] = [(lon * Math.PI) / 180, (lat * Math.PI) / 180];
      return [Math.cos(b) * Math.cos(a), Math.cos(b) * Math.sin(a), Math.sin(b)] as const;
    };
    const [from, to] = [vector(term.longitude, term.latitude), vector(longitude, latitude)];
    const angle = Math.acos(Math.min(1, from[0] * to[0] + from[1] * to[1] + from[2] * to[2]));
    return angle * 6371.0088 <= term.radius * (term.unit === 'mi' ? 1.609344 : 1);
  });
}
