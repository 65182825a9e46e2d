import { constants, setPriority } from 'node:os';

/**
 * A process of its own that counts over the archive without pause, so that the measuring process only measures. Clients
 * are elsewhere in the world: this one gives way, so that it is the server's counts that look-ups run beside.
 */
type Order = { base: string; headers: Record<string, string> };

const CLIENTS = 2;
const PATH = '/2/tweets/counts/all?query=coffee&granularity=hour&start_time=2010-01-01T00:00:00Z';

setPriority(constants.priority.PRIORITY_LOW);

let ended = false;
let counted = 0;

process.on('message', async (message: Order | 'stop') => {
  if (message === 'stop') {
    ended = true;
    return;
  }
  await Promise.all(Array.from({ length: CLIENTS }, () => count(message)));
  process.send?.({ counted });
  process.disconnect?.();
});

async function count({ base, headers }: Order): Promise<void> {
  while (!ended) {
    const response = await fetch(`${base}${PATH}`, { headers });
    if (response.status !== 200) throw new Error(`${PATH}: ${response.status}`);
    await response.arrayBuffer();
    counted += 1;
  }
}
