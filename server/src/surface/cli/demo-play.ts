import { ID_MAX } from '#kernel';
import { judgeAccount, type Person } from '#posts';
import { liveSample } from '#sources';
import { OPERATOR, type Purpose } from '#terms';
import type { Parley } from '../../main.ts';
import { CommandError, type Surroundings } from './command.ts';
import { type DemoClient, type DemoRefusal, startTraffic } from './demo-traffic.ts';
import { fillWithSample } from './sample.ts';
import type { Started } from './serve-folder.ts';
import { stopped } from './start.ts';
import { dollars, plain, table } from './table.ts';

const LIVE_POST_EVERY_MS = 400;
const REPORT_EVERY_MS = 10_000;

type Tenant = { name: string; plan: string; purposes: Purpose[]; habits: string[]; callsPerSecond: number };

/**
 * A plan of the demo's own, small enough to be used up while one watches: what its client searches for is said in
 * one generated post of 40, so a cap of one in 60 is met, and with the client's habits about 15 seconds in.
 */
const STARTER = { name: 'starter', base: 'basic', title: 'Starter', monthlyFeeMicros: 15_000_000 };
const POSTS_PER_CAPPED = 60;

/** Five licensees with different plans and habits. The second takes so much that it runs into its cap. */
const TENANTS: readonly Tenant[] = [
  {
    name: 'Kota Ads',
    plan: 'pro',
    purposes: ['display', 'analytics'],
    habits: [
      '/2/tweets/search/recent?query={word}&max_results=20&expansions=author_id',
      '/2/tweets/{post}?tweet.fields=public_metrics,created_at',
      '/2/users/{person}/tweets?max_results=10',
    ],
    callsPerSecond: 2,
  },
  {
    name: 'Ravenous Reports',
    plan: STARTER.name,
    purposes: ['analytics'],
    habits: [
      '/2/tweets/search/recent?query=(coffee%20OR%20train%20OR%20rain%20OR%20football%20OR%20music%20OR%20phone)&max_results=10&tweet.fields=author_id',
    ],
    callsPerSecond: 2,
  },
  {
    name: 'Open Weather Lab',
    plan: 'pay-per-use',
    purposes: ['research'],
    habits: [
      '/2/tweets/counts/recent?query={word}&granularity=day',
      '/2/tweets/search/recent?query={word}%20lang:in&max_results=10',
    ],
    callsPerSecond: 0.5,
  },
  {
    name: 'Northlight AI',
    plan: 'enterprise-50m',
    purposes: ['ai-training'],
    habits: [
      '/2/tweets/search/all?query=(coffee%20OR%20train%20OR%20rain%20OR%20music)%20-is:retweet%20lang:en&max_results=100&tweet.fields=author_id',
      '/2/users/{person}',
    ],
    callsPerSecond: 0.8,
  },
  {
    name: 'Clipping Desk',
    plan: 'enterprise-100m',
    purposes: ['display', 'resale'],
    habits: [
      '/2/users/{person}/mentions?max_results=10',
      '/2/tweets/search/recent?query=%23{word}&max_results=50&tweet.fields=author_id',
    ],
    callsPerSecond: 1,
  },
];

/** Fills an empty folder, lets the licensees call and the platform's people write, until the signal says stop. */
export async function play(
  started: Started,
  posts: number,
  around: Surroundings,
  json: boolean,
): Promise<void> {
  const { parley, address } = started;
  if (parley.posts.size().posts === 0) await fillWithSample(parley, posts, 1, around);
  const clients = await enrol(parley, Math.floor(posts / POSTS_PER_CAPPED));
  const stopTraffic = startTraffic(address, clients, json ? () => {} : firstRefusals());
  const visitor = clients[0]!;
  const person = somebody(parley);
  const { oauth2 } = parley.access.persons.giveOwnTokens(visitor.appId, person.id);
  // The time keeps it from being the same words twice, which the network refuses.
  const post = `curl -H 'Authorization: Bearer ${oauth2.accessToken}' -H 'content-type: application/json' -d "{\\"text\\":\\"Hello, it is $(date +%T)\\"}" '${address}/2/tweets'`;
  const curl = `curl -H 'Authorization: Bearer ${visitor.bearerToken}' '${address}/2/tweets/search/recent?query=coffee&max_results=10&tweet.fields=created_at,public_metrics&expansions=author_id'`;
  process.stdout.write(
    json
      ? `${JSON.stringify({ address, data: parley.folder.path, curl, post, person: { id: person.id, username: person.username, bearerToken: oauth2.accessToken }, clients: clients.map(({ name, bearerToken }) => ({ name, bearerToken })) })}\n`
      : `\nParley demo on ${address}, data in ${parley.folder.path}\n${clients.length} licensees are calling. Try it yourself: read for an app,\n\n${curl}\n\nand write for a person, @${plain(person.username)}:\n\n${post}\n\nThe API: ${address}/docs. Ctrl-C ends it.\n`,
  );
  const writing = setInterval(nextPost(parley), LIVE_POST_EVERY_MS);
  const reporting = setInterval(() => json || process.stdout.write(`\n${report(parley)}\n`), REPORT_EVERY_MS);
  await stopped(around.signal);
  clearInterval(writing);
  clearInterval(reporting);
  await stopTraffic();
}

/** Makes each licensee with one app, or gives an app that is there already a fresh key. */
async function enrol(parley: Parley, monthlyPostCap: number): Promise<(DemoClient & { appId: string })[]> {
  if (!parley.terms.plans().some((plan) => plan.name === STARTER.name))
    await parley.terms.addPlan({ ...STARTER, monthlyPostCap });
  const clients: (DemoClient & { appId: string })[] = [];
  for (const tenant of TENANTS) {
    const known = parley.terms.licensees(OPERATOR).find((one) => one.name === tenant.name);
    const app = known && parley.terms.apps(OPERATOR).find((one) => one.licenseeId === known.licenseeId);
    const { appId, bearerToken } = app
      ? await parley.terms.rotateKey(OPERATOR, app.appId, { overlapHours: 0 })
      : await parley.terms.addApp(OPERATOR, {
          licenseeId: (await parley.terms.addLicensee(tenant.name)).licenseeId,
          name: tenant.name,
          plan: tenant.plan,
          purposes: tenant.purposes,
        });
    clients.push({
      appId,
      name: tenant.name,
      bearerToken,
      habits: tenant.habits,
      callsPerSecond: tenant.callsPerSecond,
    });
  }
  return clients;
}

/** One of the platform's persons who write in public. */
function somebody({ posts }: Parley): Person {
  const ids = posts.between({ afterId: 0n, beforeId: ID_MAX, limit: 100 });
  const found = posts.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const authors = posts.people([...new Set(found.map(({ authorId }) => authorId))]);
  const person = authors.find((one) => one && judgeAccount(one) === 'serve' && !one.protected);
  if (!person)
    throw new CommandError('Nobody writes in public in this folder: the demo needs one of its own.');
  return person;
}

/** Shows how each client was first refused, and for what; the same again would only scroll the table away. */
function firstRefusals(): DemoRefusal {
  const shown = new Set<string>();
  return (client, status, title, detail) => {
    const kind = `${client} ${status} ${title}`;
    if (shown.has(kind)) return;
    shown.add(kind);
    process.stdout.write(`\n${plain(client)} is refused: ${status} ${plain(title)}. ${plain(detail)}\n`);
  };
}

/** Writes one generated post at a time; one that is still being written is waited for. */
function nextPost(parley: Parley): () => void {
  const live = liveSample({ seed: 2, clock: parley.clock });
  let busy = false;
  return () => {
    if (busy) return;
    busy = true;
    const { value } = live.next();
    parley.writer
      .apply(value)
      .catch((error: Error) => process.stderr.write(`a live post was not written: ${error.message}\n`))
      .finally(() => {
        busy = false;
      });
  };
}

function report(parley: Parley): string {
  const now = parley.clock.now();
  const usage = parley.terms.usage(OPERATOR, {
    from: now - (now % 86_400_000),
    to: now - (now % 86_400_000) + 86_400_000,
  });
  return table(
    ['licensee', 'plan', 'calls', 'posts', 'billed this month', 'remaining', 'spent'],
    usage.apps.map((app) => {
      const rows = usage.rows.filter((row) => row.appId === app.appId);
      return [
        plain(app.name),
        app.plan,
        rows.reduce((sum, row) => sum + row.calls, 0),
        rows.reduce((sum, row) => sum + row.posts, 0),
        app.billedThisMonth,
        app.remaining === 0 ? 'cap reached' : app.remaining === null ? 'no cap' : String(app.remaining),
        dollars(app.spentThisMonthMicros),
      ];
    }),
  );
}
