import { Readable } from 'node:stream';
import { systemClock } from '#kernel';
import { openMedia } from '../media.ts';

/** Appends what it is given as JSON, a byte a segment, says each that was answered, and waits to be killed. */
const { dir, personId, id, from } = JSON.parse(process.argv[2] ?? '{}');
const bytes = Buffer.from(process.argv[3] ?? '', 'base64');
const media = openMedia({
  file: `${dir}/media.db`,
  dir: `${dir}/media`,
  clock: systemClock,
  publicBase: () => '',
  network: {
    posts: (ids) => ids.map(() => undefined),
    people: (ids) => ids.map(() => ({ state: 'active' })),
  },
  log: (message) => process.stderr.write(message),
});
const upload = id ?? (await media.initialize(personId, { totalBytes: bytes.length })).id;
process.stdout.write(`${upload}\n`);
for (let index = from; index < bytes.length; index += 1) {
  const staged = await media.stage(
    { appId: '9', personId },
    Readable.from([bytes.subarray(index, index + 1)]),
  );
  await media.append(personId, upload, index, staged);
  process.stdout.write(`${index}\n`);
}
setInterval(() => undefined, 1_000);
