import { DAY_MS } from '#kernel';
import { LANGUAGES } from './languages/index.ts';
import { createRandom, createWeighted, type SampleRandom } from './random.ts';

/** How busy people are at each hour of their own day: asleep at 3, lunch, most after dinner. */
const RHYTHM = [18, 10, 6, 4, 4, 7, 18, 38, 55, 52, 48, 50, 66, 60, 50, 48, 52, 62, 72, 84, 96, 92, 68, 38];
/** Sunday first. */
const WEEK = [1.12, 0.94, 0.95, 0.97, 1, 1.04, 1.1];
const BUCKET_MS = 10 * 60_000;
const BUCKETS_A_DAY = DAY_MS / BUCKET_MS;
const DAYS = 21;
/** The event lies inside the last seven days, so that recent search shows its spike. */
const EVENT_AGE_MS = 44 * 3_600_000;
const EVENT_SHARE = 0.06;
const EVENT_RISE_MS = 40 * 60_000;
const EVENT_DECAY_MS = 5 * 3_600_000;

/** When a post is written, in which language, and whether it is about the event. */
export type Slot = { at: number; language: number; event: boolean };

export function eventStart(now: number): number {
  return now - EVENT_AGE_MS;
}

/** Rises within the hour and decays over the day: 0 before it, 1 at its height. */
export function eventIntensity(sinceMs: number): number {
  if (sinceMs <= 0) return 0;
  if (sinceMs < EVENT_RISE_MS) return sinceMs / EVENT_RISE_MS;
  return Math.exp(-(sinceMs - EVENT_RISE_MS) / EVENT_DECAY_MS);
}

/** Slots for so many posts in the three weeks before now, oldest first: day and night, weekends, the event's spike. */
export function* calendar(posts: number, now: number, seed: number): Generator<Slot> {
  const random = createRandom(seed);
  const buckets = DAYS * BUCKETS_A_DAY;
  const start = now - buckets * BUCKET_MS;
  const usual = new Float64Array(buckets);
  const event = new Float64Array(buckets);
  const byHour = Array.from({ length: 24 }, (_, hour) =>
    LANGUAGES.map((language) => language.weight * localRhythm(hour, language.utcOffsetHours)),
  );
  const pickers = byHour.map((weights) => createWeighted(weights));
  const sums = byHour.map((weights) => weights.reduce((sum, weight) => sum + weight, 0));
  let usualSum = 0;
  let eventSum = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const at = new Date(start + bucket * BUCKET_MS);
    usual[bucket] = sums[at.getUTCHours()]! * WEEK[at.getUTCDay()]!;
    event[bucket] = eventIntensity(at.getTime() + BUCKET_MS / 2 - eventStart(now));
    usualSum += usual[bucket]!;
    eventSum += event[bucket]!;
  }
  let due = 0;
  let given = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const ofEvent = (event[bucket]! / eventSum) * EVENT_SHARE;
    const ofUsual = (usual[bucket]! / usualSum) * (1 - EVENT_SHARE);
    due += (ofEvent + ofUsual) * posts;
    const until = bucket === buckets - 1 ? posts : Math.min(posts, Math.floor(due));
    const from = start + bucket * BUCKET_MS;
    const pickLanguage = pickers[new Date(from).getUTCHours()]!;
    for (const at of times(until - given, from, random)) {
      const isEvent = random.chance(ofEvent / (ofEvent + ofUsual)) && at > eventStart(now);
      yield { at, language: pickLanguage(random), event: isEvent };
    }
    given = until;
  }
}

function localRhythm(utcHour: number, offset: number): number {
  return RHYTHM[(((utcHour + Math.round(offset)) % 24) + 24) % 24]!;
}

/** So many moments of one bucket, in order. */
function times(count: number, from: number, random: SampleRandom): number[] {
  const list = Array.from({ length: count }, () => from + Math.floor(random.next() * BUCKET_MS));
  return list.sort((a, b) => a - b);
}
