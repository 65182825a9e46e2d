import { appendFileSync } from 'node:fs';
import { systemClock } from '#kernel';
import { openOutbox } from '../index.ts';

/** A process that works through an outbox until it is killed: every attempt leaves a line. For tests. */
const [file = '', trace = '', count = '0'] = process.argv.slice(2);
const outbox = openOutbox({ file, clock: systemClock, log: () => undefined });
outbox.handle('line', {
  atOnce: 4,
  attemptMs: 5_000,
  keptMs: 60_000,
  putOffMs: 60_000,
  async run({ key }) {
    appendFileSync(trace, `${key}\n`);
    return { done: true };
  },
});
outbox.start();
for (let at = 0; at < Number(count); at += 1) {
  const key = `${process.pid}-${at}`;
  outbox.add([{ kind: 'line', key, destination: `d${at % 3}`, payload: '' }]);
  process.stdout.write(`${key}\n`);
  if (at % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
}
await outbox.settled();
await outbox.close();
process.stdout.write('done\n');
