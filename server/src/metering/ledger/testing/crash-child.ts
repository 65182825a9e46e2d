import { createVault } from '#kernel';
import { openLedger } from '../index.ts';
import { call } from './test-ledger.ts';

/** Calls without end until it is killed; prints each call's name once it may be answered. */
const [dir, round] = process.argv.slice(2) as [string, string];
const vault = createVault(new Uint8Array(32).fill(7));
const ledger = await openLedger({
  dir,
  operatorOrigin: 'parley.example/ledger',
  vault,
  snapshotRecords: 500,
  segmentBytes: 200_000,
});
await ledger.createLog('alpha');
for (let i = 0; ; i++) {
  const names = Array.from({ length: 1 + (i % 8) }, (_, k) => `${round}-${i}-${k}`);
  const appended = names.map((name) => ledger.append(call('alpha', name, 3, Date.now())));
  await Promise.all(appended.map(({ committed }) => committed));
  process.stdout.write(`${names.map((name, k) => `${appended[k]!.index} ${name}`).join('\n')}\n`);
}
