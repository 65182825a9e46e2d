import { makeId } from '#kernel';
import { type Change, defaultPostInput, noMetrics, type PostInput, type Reference } from '#posts';
import { type Member, OFFICIAL_NAMES, placeId } from './cast.ts';
import { CITIES, EVENT, TOPICS, type Topic } from './language.ts';
import type { SampleRandom } from './random.ts';

/** Posts that may still be answered, quoted or reposted: one ring for each language, one for the event. */
const RING_SIZE = 200;
/** Leaves module below each id for the ids of its pictures and its poll. */
const ID_STEP = 8;
const SOURCES = ['Parley for Android', 'Parley for iPhone', 'Parley Web', 'Desk'];
const REPOST_LENGTH_MAX = 140;
const EDIT_WINDOW_MS = 25 * 60_000;

type Standing = {
  id: string;
  author: Member;
  text: string;
  conversationId: string;
  replies: number;
  reposts: number;
  quotes: number;
};

/** Writes the posts of a platform one after the other; what it has written lately is there to be answered. */
export type Platform = {
  /**
   * The changes of one post, itself among them exactly once, and of posts that nobody will answer any more. What
   * should be about the event is about anything until its eye-witness has written.
   */
  write(at: number, author: Member, about: 'anything' | 'event'): Change[];
  /** The counts of all posts that are still standing. */
  finish(): Change[];
};

/** @param now no edit lies later than this. */
export function createPlatform(random: SampleRandom, now: () => number): Platform {
  let serial = random.int(1 << 20);
  const rings = new Map<string, Standing[]>();
  let eyewitness: Standing | undefined;
  const nextId = (at: number) => {
    serial += ID_STEP;
    return makeId(at, serial & 0x3fffff);
  };

  function write(at: number, author: Member, about: 'anything' | 'event'): Change[] {
    const event = about === 'event' && (eyewitness !== undefined || canBeEyewitness(author));
    const ring = ringOf(event ? 'event' : author.speaker.language.lang);
    const changes: Change[] = [];
    const post = blank(nextId(at), at, author, random);
    if (event) writeEvent(post, author, ring, changes);
    else writeUsual(post, author, ring, changes);
    changes.push({ kind: 'post', post });
    const isRepost = post.references[0]?.type === 'retweeted';
    if (!isRepost && !event) edit(post, changes);
    if (!isRepost && !author.protected) {
      const standing = standingOf(post, author);
      if (event) eyewitness ??= standing;
      stand(ring, standing, changes);
    }
    return changes;
  }

  function ringOf(name: string): Standing[] {
    const ring = rings.get(name) ?? [];
    rings.set(name, ring);
    return ring;
  }

  function writeUsual(post: PostInput, author: Member, ring: Standing[], changes: Change[]): void {
    const { speaker } = author;
    const kind = random.next();
    const target = kind < 0.42 && ring.length > 3 ? choose(ring, author) : undefined;
    if (target && kind < 0.24) reply(post, target, speaker.reply(author.style, random, false));
    else if (target && kind < 0.36) repost(post, target);
    else if (target) quote(post, target, speaker.quote(author.style, random, false));
    else if (kind > 0.99) poll(post, author, changes);
    else say(post, author, changes);
  }

  /** A post of one's own: a line, and perhaps tags, a link, a picture, a place. */
  function say(post: PostInput, author: Member, changes: Change[]): void {
    const { speaker, style } = author;
    const topic = speaker.topic(random);
    post.text = speaker.line(topic, style, random);
    if (random.chance(0.05)) post.text = `@${random.pick(OFFICIAL_NAMES)} ${post.text}`;
    if (random.chance(style.tags)) post.text += ` ${speaker.tags(topic, random)}`;
    if (random.chance(0.09))
      post.text += ` https://${random.pick(OFFICIAL_NAMES)}.example.com/${topic}/${random.int(9_000)}`;
    if (random.chance(0.12)) picture(post, speaker.alt(topic, random), changes);
    if (random.chance(0.04)) locate(post, author.city, random);
    if (random.chance(0.4)) post.contextAnnotations = [annotation(topic)];
    if (random.chance(0.01)) post.sensitive = true;
    if (random.chance(0.001)) post.withheld = { countryCodes: ['DE'], scope: 'tweet' };
  }

  function writeEvent(post: PostInput, author: Member, ring: Standing[], changes: Change[]): void {
    const { speaker } = author;
    if (!eyewitness) {
      post.text = `${EVENT.eyewitness} #${EVENT.tag}`;
      picture(post, EVENT.alt, changes);
      locate(post, EVENT.city, random);
      return;
    }
    const kind = random.next();
    const target = random.chance(0.7) || ring.length < 3 ? eyewitness : choose(ring, author);
    if (kind < 0.4) repost(post, target);
    else if (kind < 0.6) quote(post, target, speaker.quote(author.style, random, true));
    else if (kind < 0.77) reply(post, target, speaker.reply(author.style, random, true));
    else {
      post.text = `${speaker.eventLine(random)} #${EVENT.tag}`;
      if (random.chance(0.1)) picture(post, EVENT.alt, changes);
      if (random.chance(0.2))
        post.text += ` https://thedailyquay.example.com/${EVENT.tag.toLowerCase()}/${random.int(40)}`;
    }
  }

  /** Recent ones more than older ones, and the more followed of three. */
  function choose(ring: readonly Standing[], author: Member): Standing {
    let best: Standing | undefined;
    for (let attempt = 0; attempt < 3; attempt++) {
      const one = ring[ring.length - 1 - Math.floor(ring.length * random.next() ** 2)]!;
      if (one.author !== author && (!best || one.author.followers > best.author.followers)) best = one;
    }
    return best ?? ring.at(-1)!;
  }

  function stand(ring: Standing[], one: Standing, changes: Change[]): void {
    ring.push(one);
    if (ring.length <= RING_SIZE) return;
    const leaving = ring.shift()!;
    const counts = metricsOf(leaving);
    if (counts) changes.push(counts);
    if (leaving !== eyewitness && random.chance(0.008))
      changes.push({ kind: 'delete-post', id: leaving.id, at: now() });
  }

  function edit(post: PostInput, changes: Change[]): void {
    if (!random.chance(0.01)) return;
    const at = post.createdAt + 60_000 + random.int(EDIT_WINDOW_MS);
    if (at > now()) return;
    const author = post.authorId;
    const id = nextId(at);
    const text = `${post.text} ✏️`;
    changes.push({
      kind: 'edit',
      previousId: post.id,
      post: { ...post, id, authorId: author, createdAt: at, text },
    });
  }

  function picture(post: PostInput, altText: string, changes: Change[]): void {
    const video = random.chance(0.15);
    const count = video ? 1 : 1 + (random.chance(0.2) ? random.int(4) : 0);
    post.mediaKeys = Array.from({ length: count }, (_, index) => {
      const mediaKey = `${video ? 7 : 3}_${BigInt(post.id) - BigInt(index + 1)}`;
      const url = `https://media.example.com/${mediaKey}`;
      const alt = random.chance(0.75) ? { altText } : {};
      changes.push({
        kind: 'media',
        media: video
          ? {
              mediaKey,
              type: 'video',
              previewImageUrl: `${url}.jpg`,
              width: 1280,
              height: 720,
              durationMs: 3_000 + random.int(90_000),
              variants: [{ contentType: 'video/mp4', bitRate: 832_000, url: `${url}.mp4` }],
              ...alt,
            }
          : {
              mediaKey,
              type: 'photo',
              url: `${url}.jpg`,
              width: 1200,
              height: 800 + random.int(800),
              ...alt,
            },
      });
      return mediaKey;
    });
  }

  function poll(post: PostInput, author: Member, changes: Change[]): void {
    const [question, ...options] = random.pick(author.speaker.language.polls);
    const id = (BigInt(post.id) - 1n).toString();
    const minutes = random.pick([60, 720, 1_440]);
    post.text = question!;
    post.pollIds = [id];
    const endsAt = post.createdAt + minutes * 60_000;
    changes.push({
      kind: 'poll',
      poll: {
        id,
        options: options.map((label, index) => ({
          position: index + 1,
          label,
          votes: Math.floor(random.pareto(1, 0.9)) % 5_000,
        })),
        durationMinutes: minutes,
        endsAt,
        votingStatus: endsAt > now() ? 'open' : 'closed',
      },
    });
  }

  return {
    write,
    finish: () =>
      [...rings.values(), eyewitness ? [eyewitness] : []].flat().flatMap((one) => metricsOf(one) ?? []),
  };
}

/** Somebody from there whom all can read. Before they have written, nobody else knows of the event. */
function canBeEyewitness(author: Member): boolean {
  return author.speaker.language.lang === 'in' && !author.protected;
}

function blank(id: string, at: number, author: Member, random: SampleRandom): PostInput {
  const likes = Math.floor((author.followers * random.pareto(0.0004, 1.1)) % 50_000);
  return {
    ...defaultPostInput({ id, authorId: author.id, createdAt: at }),
    lang: author.speaker.language.lang,
    conversationId: id,
    source: random.pick(SOURCES),
    metrics: {
      ...noMetrics(),
      likes,
      bookmarks: Math.floor(likes / 9),
      impressions: likes * 14 + random.int(60),
    },
  };
}

function standingOf(post: PostInput, author: Member): Standing {
  const { id, text, conversationId = id } = post;
  return { id, author, text, conversationId, replies: 0, reposts: 0, quotes: 0 };
}

function refer(post: PostInput, type: Reference['type'], target: Standing): void {
  post.references = [{ type, id: target.id }];
}

function reply(post: PostInput, target: Standing, text: string): void {
  refer(post, 'replied_to', target);
  post.text = `@${target.author.username} ${text}`;
  post.conversationId = target.conversationId;
  post.inReplyToPersonId = target.author.id;
  target.replies++;
}

/** As X writes it, cut at 140. */
function repost(post: PostInput, target: Standing): void {
  refer(post, 'retweeted', target);
  const whole = `RT @${target.author.username}: ${target.text}`;
  const points = whole.length > REPOST_LENGTH_MAX ? [...whole] : undefined;
  post.text =
    points && points.length > REPOST_LENGTH_MAX
      ? `${points.slice(0, REPOST_LENGTH_MAX - 1).join('')}…`
      : whole;
  target.reposts++;
}

function quote(post: PostInput, target: Standing, text: string): void {
  refer(post, 'quoted', target);
  post.text = text;
  target.quotes++;
}

function metricsOf({ id, replies, reposts, quotes }: Standing): Change | undefined {
  return replies + reposts + quotes === 0
    ? undefined
    : { kind: 'metrics', id, metrics: { replies, reposts, quotes } };
}

function locate(post: PostInput, city: string, random: SampleRandom): void {
  const [west, south, east, north] = CITIES[city]!.box;
  const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5;
  post.geo = { placeId: placeId(city) };
  if (random.chance(0.25))
    post.geo.coordinates = [
      round(west + random.next() * (east - west)),
      round(south + random.next() * (north - south)),
    ];
}

function annotation(topic: Topic) {
  return {
    domain: { id: '66', name: 'Interests and Hobbies Category' },
    entity: { id: String(8_000 + TOPICS.indexOf(topic)), name: topic },
  };
}
