/**
 * What a metered call costs. Yardsticks in the same run: bare Fastify replying the same body, and @fastify/rate-limit
 * with a look-up of the key but nothing metered. CPU is that of the server's process, all its threads.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import type { Probed, ProbeOrder } from './call/prober.ts';
import type { Command, Ready } from './call/server.ts';

const CONNECTIONS = 20;
const WARM_SECONDS = 2;
const RUN_SECONDS = 4;
/** Servers take turns, and the median counts: other work on the machine comes and goes. */
const ROUNDS = 3;
/** Of the pair quiet and beside counts. */
const P99_ROUNDS = 5;
/** Far below what the server can do, so that waiting is not our own queue's. */
const QUIET_PER_SECOND = 500;
const QUIET_SECONDS = 8;
/** The ledger's integrator works off what the load before left to it. */
const SETTLE_MS = 3_000;

type Server = { child: ChildProcess; base: string; headers: Record<string, string>; url: string };
type Measure = { cpuMicros: number; perSecond: number; p99Ms: number };

async function start(kind: 'bare' | 'limited' | 'parley'): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./call/server.ts', import.meta.url)), [kind]);
  const ready = (await once(child)) as Ready;
  return {
    child,
    base: `http://127.0.0.1:${ready.port}`,
    headers: { authorization: `Bearer ${ready.token}` },
    url: ready.url,
  };
}

function once(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the server ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

async function ask(server: Server, command: Command): Promise<NodeJS.CpuUsage> {
  const answer = once(server.child);
  server.child.send(command);
  return ((await answer) as { cpu: NodeJS.CpuUsage }).cpu;
}

async function load(
  server: Server,
  path: string,
  seconds: number,
  options: object = {},
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${server.base}${path}`,
    headers: server.headers,
    connections: CONNECTIONS,
    duration: seconds,
    ...options,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${path}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result;
}

async function measure(server: Server, path = server.url): Promise<Measure> {
  const before = await ask(server, { cpu: true });
  const result = await load(server, path, RUN_SECONDS);
  const after = await ask(server, { cpu: true });
  const cpu = after.user + after.system - before.user - before.system;
  return {
    cpuMicros: cpu / result.requests.total,
    perSecond: result.requests.total / RUN_SECONDS,
    p99Ms: result.latency.p99,
  };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function median(measures: readonly Measure[]): Measure {
  return [...measures].sort((a, b) => a.cpuMicros - b.cpuMicros)[Math.floor(measures.length / 2)]!;
}

/** Two clients that count over the archive without pause. @returns how to end it, and how many counts were answered. */
function startCounting(server: Server): { stop(): Promise<number> } {
  const child = fork(fileURLToPath(new URL('./call/counter.ts', import.meta.url)));
  const done = new Promise<number>((resolve) => {
    child.once('message', (message) => resolve((message as { counted: number }).counted));
  });
  child.send({ base: server.base, headers: server.headers });
  return {
    stop() {
      child.send('stop');
      return done;
    },
  };
}

/** p99 of single look-ups at a steady rate, in ms, asked from a process of its own. */
async function lookUpP99(server: Server): Promise<number> {
  const child = fork(fileURLToPath(new URL('./call/prober.ts', import.meta.url)));
  try {
    const order: ProbeOrder = {
      url: `${server.base}${server.url}`,
      headers: server.headers,
      perSecond: QUIET_PER_SECOND,
      seconds: QUIET_SECONDS,
    };
    child.send(order);
    return ((await once(child)) as Probed).p99Ms;
  } finally {
    child.kill();
  }
}

const [bare, limited, parley] = [await start('bare'), await start('limited'), await start('parley')];
try {
  const reply = await fetch(`${parley.base}${parley.url}`, { headers: parley.headers });
  const body = await reply.text();
  for (const server of [bare, limited]) await ask(server, { body });
  const search = '/2/tweets/search/recent?query=coffee&max_results=100';
  for (const server of [bare, limited, parley]) await load(server, server.url, WARM_SECONDS);
  await load(parley, search, WARM_SECONDS);

  const taken = {
    bare: [] as Measure[],
    limited: [] as Measure[],
    call: [] as Measure[],
    search: [] as Measure[],
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    taken.bare.push(await measure(bare));
    taken.limited.push(await measure(limited));
    taken.call.push(await measure(parley));
    taken.search.push(await measure(parley, search));
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const bares: number[] = [];
  const quiets: number[] = [];
  const busies: number[] = [];
  let counted = 0;
  for (let round = 0; round < P99_ROUNDS; round += 1) {
    bares.push(await lookUpP99(bare));
    quiets.push(await lookUpP99(parley));
    const counting = startCounting(parley);
    busies.push(await lookUpP99(parley));
    counted += await counting.stop();
  }
  const [idle, quiet, busy] = [middle(bares), middle(quiets), middle(busies)];

  const [b, l, c, s] = [median(taken.bare), median(taken.limited), median(taken.call), median(taken.search)];
  const round = (value: number) => Math.round(value * 10) / 10;
  const hundredth = (value: number) => Math.round(value * 100) / 100;
  const figures = {
    bareCpuMicros: round(b.cpuMicros),
    rateLimitCpuMicros: round(l.cpuMicros),
    callCpuMicros: round(c.cpuMicros),
    callAboveBareMicros: round(c.cpuMicros - b.cpuMicros),
    callsPerSecond: Math.round(c.perSecond),
    search100CpuMicros: round(s.cpuMicros),
    search100PerCpuSecond: Math.round(1e6 / s.cpuMicros),
    bareP99Ms: hundredth(idle),
    lookUpP99QuietMs: hundredth(quiet),
    lookUpP99WhileCountingMs: hundredth(busy),
    lookUpP99Ratio: hundredth(middle(busies.map((one, index) => one / quiets[index]!))),
    archiveCountsMeanwhile: counted,
    bodyBytes: Buffer.byteLength(body),
  };
  console.log(`bare Fastify            ${figures.bareCpuMicros} µs CPU a request`);
  console.log(`with @fastify/rate-limit ${figures.rateLimitCpuMicros} µs`);
  console.log(
    `metered call            ${figures.callCpuMicros} µs, ${figures.callAboveBareMicros} above bare (at most 35)`,
  );
  console.log(
    `search of 100 posts     ${figures.search100CpuMicros} µs, ${figures.search100PerCpuSecond} calls a CPU second (at least 1,500)`,
  );
  console.log(
    `look-up p99             ${figures.lookUpP99QuietMs} ms quiet (bare Fastify ${figures.bareP99Ms}), ${figures.lookUpP99WhileCountingMs} ms while archive counts run (${counted} counts): times ${figures.lookUpP99Ratio} (under 2)`,
  );
  console.log(JSON.stringify(figures));
} finally {
  for (const server of [bare, limited, parley]) server.child.kill();
}
