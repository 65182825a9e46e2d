/**
 * One server of `server/bench/call`, in a process of its own so that its CPU is its own: `bare` replies the bytes that it is
 * given, `limited` does so behind @fastify/rate-limit and a look-up of the key, `parley` is the whole program.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { makeId } from '#kernel';
import { type Change, defaultPerson, defaultPost } from '#posts';
import { OPERATOR } from '#terms';
import { openParley } from '../../src/main.ts';
import { serve } from '../../src/wiring/serve.ts';

export type Ready = { port: number; token: string; url: string };
export type Command = { cpu: true } | { body: string };

const POSTS = 200_000;
const BATCH = 10_000;
/** All posts lie in the newest page of archive counts, so that one count reads them all. */
const SPAN_MS = 30 * 86_400_000;
const PEOPLE = 1_000;
const WORDS =
  'coffee morning train city news game music light water street people today never again little world'.split(
    ' ',
  );

const kind = process.argv[2];
let body = '';
const ready = kind === 'parley' ? await parley() : await bare(kind === 'limited');
process.on('message', (command: Command) => {
  if ('body' in command) body = command.body;
  process.send?.({ cpu: process.cpuUsage() });
});
process.send?.(ready);

async function bare(limited: boolean): Promise<Ready> {
  const server = Fastify({ logger: false });
  const keys = new Map([[createHash('sha256').update('key').digest('hex'), 'app']]);
  if (limited) {
    await server.register(rateLimit, {
      max: 1e9,
      timeWindow: 900_000,
      keyGenerator: (request) => {
        const bearer = request.headers.authorization?.slice(7) ?? '';
        return keys.get(createHash('sha256').update(bearer).digest('hex')) ?? request.ip;
      },
    });
  }
  server.get('/2/tweets/:id', (_request, reply) => {
    reply.header('content-type', 'application/json; charset=utf-8').send(body);
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return { port: (server.server.address() as AddressInfo).port, token: 'key', url: '/2/tweets/1' };
}

async function parley(): Promise<Ready> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const rooms = await openParley({
    data: join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: join(dir, 'key'),
  });
  const now = Date.now();
  const newest = await seed(now, (changes) => rooms.writer.apply(changes));
  const base = rooms.terms.plans().find(({ name }) => name === 'enterprise-200m')!;
  const rates = Object.fromEntries(Object.keys(base.rates).map((id) => [id, [1e9, 1e9] as const]));
  await rooms.terms.addPlan({
    name: 'bench',
    base: base.name,
    monthlyPostCap: 1e12,
    rates,
    ratesPerSecond: {},
  });
  const { licenseeId } = await rooms.terms.addLicensee('Bench');
  const app = await rooms.terms.addApp(OPERATOR, { licenseeId, plan: 'bench' });
  const { address } = await serve(rooms);
  return { port: Number(new URL(address).port), token: app.bearerToken, url: `/2/tweets/${newest}` };
}

/** Posts of equal distance, the newest a minute old. @returns the id of one of them. */
async function seed(now: number, apply: (changes: Change[]) => Promise<unknown>): Promise<string> {
  await apply(Array.from({ length: PEOPLE }, (_one, index) => person(String(1_000 + index))));
  let random = 1;
  const word = () => {
    random = (random * 48_271) % 2_147_483_647;
    return WORDS[random % WORDS.length]!;
  };
  let id = '';
  for (let from = 0; from < POSTS; from += BATCH) {
    const changes = Array.from({ length: BATCH }, (_one, at): Change => {
      const createdAt = Math.floor(now - 60_000 - SPAN_MS + ((from + at) * SPAN_MS) / POSTS);
      id = makeId(createdAt, (from + at) & 0x3fffff);
      return post(
        id,
        createdAt,
        Array.from({ length: 14 }, word).join(' '),
        String(1_000 + ((from + at) % PEOPLE)),
      );
    });
    await apply(changes);
  }
  return id;
}

function post(id: string, createdAt: number, text: string, authorId: string): Change {
  const metrics = { reposts: 1, replies: 2, likes: 3, quotes: 0, bookmarks: 0, impressions: 100 };
  return {
    kind: 'post',
    post: {
      ...defaultPost({ id, authorId, createdAt }),
      text,
      lang: 'en',
      metrics,
    },
  };
}

function person(id: string): Change {
  return {
    kind: 'person',
    person: {
      ...defaultPerson(id),
      username: `person${id}`,
      name: `Person ${id}`,
      metrics: { followers: 1, following: 2, posts: 3, listed: 4 },
    },
  };
}
