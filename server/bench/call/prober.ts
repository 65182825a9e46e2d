/**
 * A process of its own that asks for one address at a steady rate and measures how long each answer took from the moment at
 * which it was due, so that an answer held up delays no later question (no coordinated omission).
 */
import { Agent, get } from 'node:http';

export type ProbeOrder = { url: string; headers: Record<string, string>; perSecond: number; seconds: number };
export type Probed = { p50Ms: number; p99Ms: number };

const CONNECTIONS = 4;
/** What this process itself needs to get going is not the server's doing. */
const WARM_SECONDS = 2;

process.on('message', async (order: ProbeOrder) => {
  process.send?.(await probe(order));
});

async function probe({ url, headers, perSecond, seconds }: ProbeOrder): Promise<Probed> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const warm = perSecond * WARM_SECONDS;
  const total = warm + perSecond * seconds;
  const began = performance.now();
  const took: number[] = [];
  let sent = 0;
  let answered = 0;
  await new Promise<void>((resolve, reject) => {
    const ask = (due: number, counts: boolean) =>
      get(url, { agent, headers }, (reply) => {
        if (reply.statusCode !== 200) reject(new Error(`${url}: ${reply.statusCode}`));
        reply.resume().on('end', () => {
          answered += 1;
          if (counts) took.push(performance.now() - due);
          if (answered === total) resolve();
        });
      }).on('error', reject);
    const timer = setInterval(() => {
      while (sent < total) {
        const due = began + (sent * 1000) / perSecond;
        if (due > performance.now()) return;
        sent += 1;
        ask(due, sent > warm);
      }
      clearInterval(timer);
    }, 1);
  });
  agent.destroy();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
