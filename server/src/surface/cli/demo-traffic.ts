/**
 * Live traffic for the demo: plain HTTP clients, each with its own key and habits, as licensees' programs would be.
 * What they see of limits and costs is what any client sees.
 */
export type DemoClient = {
  name: string;
  bearerToken: string;
  habits: readonly Habit[];
  callsPerSecond: number;
};

/** What a client is told when it is refused, as its own program would log it. */
export type DemoRefusal = (client: string, status: number, title: string, detail: string) => void;

/** One address in the API; `{word}`, `{person}` and `{post}` are filled from what the client has met. */
export type Habit = string;

const WORDS = ['coffee', 'rain', 'train', 'football', 'kopi', 'hujan', 'kereta', 'music', 'market', 'phone'];
const SEEN_MAX = 200;

/** Starts the clients; `refused` hears of every call that was not answered. @returns stops them all and waits until their last calls are answered. */
export function startTraffic(
  address: string,
  clients: readonly DemoClient[],
  refused: DemoRefusal,
): () => Promise<void> {
  const stop = new AbortController();
  const running = clients.map((client) => live(address, client, refused, stop.signal));
  return async () => {
    stop.abort();
    await Promise.allSettled(running);
  };
}

async function live(
  address: string,
  client: DemoClient,
  refused: DemoRefusal,
  signal: AbortSignal,
): Promise<void> {
  const seen = { people: [] as string[], posts: [] as string[] };
  const next = new Map<string, string>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    const habit = client.habits[turn % client.habits.length] ?? '';
    const path = fill(habit, seen, turn);
    if (path !== undefined) {
      const token = next.get(path);
      const answered = (body: Body) => {
        remember(seen, body);
        if (body.meta?.next_token) next.set(path, body.meta.next_token);
        else next.delete(path);
      };
      // The one name of a page token that searches and timelines both take.
      const target = token ? `${path}&pagination_token=${token}` : path;
      const wait = await call(address, client, target, answered, refused);
      await pause(wait, signal);
    }
    await pause(1_000 / client.callsPerSecond, signal);
  }
}

function fill(habit: string, seen: { people: string[]; posts: string[] }, turn: number): string | undefined {
  const word = WORDS[Math.floor(turn / 3) % WORDS.length] ?? '';
  const person = seen.people.length > 0 ? seen.people[turn % seen.people.length] : undefined;
  const post = seen.posts.length > 0 ? seen.posts[turn % seen.posts.length] : undefined;
  if ((habit.includes('{person}') && !person) || (habit.includes('{post}') && !post)) return undefined;
  return habit
    .replace('{word}', word)
    .replace('{person}', person ?? '')
    .replace('{post}', post ?? '');
}

type Body = {
  data?: { id: string; author_id?: string }[];
  meta?: { next_token?: string };
  title?: string;
  detail?: string;
};

function remember(seen: { people: string[]; posts: string[] }, body: Body): void {
  if (!Array.isArray(body.data)) return;
  for (const item of body.data) {
    if (item.author_id) seen.people.push(item.author_id);
    seen.posts.push(item.id);
  }
  seen.people.splice(0, Math.max(0, seen.people.length - SEEN_MAX));
  seen.posts.splice(0, Math.max(0, seen.posts.length - SEEN_MAX));
}

/** One call. @returns how long to wait before the next, in ms, as the server asked. */
async function call(
  address: string,
  client: DemoClient,
  path: string,
  use: (body: Body) => void,
  refused: DemoRefusal,
): Promise<number> {
  try {
    const reply = await fetch(`${address}${path}`, {
      headers: { authorization: `Bearer ${client.bearerToken}` },
    });
    const body = (await reply.json()) as Body;
    if (reply.ok) use(body);
    else refused(client.name, reply.status, body.title ?? '', body.detail ?? '');
    return Number(reply.headers.get('retry-after') ?? 0) * 1_000;
  } catch {
    return 1_000; // the server is going away, or gone
  }
}

const WAIT_MAX_MS = 30_000; // after a cap or window a client looks again now and then, so that the demo shows refusals

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, WAIT_MAX_MS));
    signal.addEventListener('abort', done);
  });
}
