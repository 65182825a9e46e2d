import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { OPERATOR } from '#terms';
import { examplesOf, operations } from '#x';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld, WORLD_START } from '../world.ts';
import { person, post } from './api.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const examples = operations.flatMap((operation) =>
  examplesOf(operation).map((example) => ({ operation, ...example })),
);

test('every operation is shown in curl and in each client that has a way to it', () => {
  for (const { id } of operations) {
    const clients = examples.filter(({ operation }) => operation.id === id).map(({ client }) => client);
    // X's own client has no way to what X took out of its document.
    const xdk = ['blockUser', 'unblockUser', 'createAccountActivityReplayJob'].includes(id) ? [] : ['XDK'];
    assert.deepEqual(clients, ['curl', 'tweepy', 'twitter-api-v2', ...xdk], id);
  }
});

test('the examples for twitter-api-v2 and the XDK are calls that those packages really have', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-examples-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const functions = examples
    .filter(({ client }) => client === 'twitter-api-v2' || client === 'XDK')
    .map(
      ({ client, operation, code }) =>
        `export async function ${client[0]}_${operation.id}(client: ${client === 'XDK' ? 'Client' : 'TwitterApi'}) {\n${code}\n}`,
    );
  const file = join(dir, 'examples.ts');
  writeFileSync(
    file,
    `import { readFile } from 'node:fs/promises';
import { Client } from '@xdevplatform/xdk';
import { EUploadMimeType, TwitterApi } from 'twitter-api-v2';
${functions.join('\n')}\n`,
  );
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const flags = [
    '--noEmit',
    '--skipLibCheck',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--types',
    'node',
    '--ignoreConfig',
  ];
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...flags, file], {
    cwd: dir,
  }).catch(({ stdout }) => assert.fail(stdout));
});

/** Nothing of these can be there before it was made; the example's id is then told to be unknown. */
const NEEDS_ITS_OWN_ID =
  /Webhook|Subscription|ReplayJob|Compliance|MediaUpload|MediaMetadata|Messages|Connections/i;

test('the examples in curl are answered as a shell runs them', async (t) => {
  const world = await testWorld(t, WORLD_START, { allowWebhooks: ['127.0.0.1/32'] });
  const [me, other, third, post1, list] = [
    '2244994945',
    '6253282',
    '783214',
    '1460323737035677698',
    '84839422',
  ];
  const changes = [
    person(me!, { username: 'XDevelopers' }),
    person(other!, { username: 'XApi' }),
    person(third!, { username: 'x' }),
    post(120, { id: '1', authorId: me!, text: 'tea' }),
    post(60, {
      id: post1!,
      authorId: me!,
      text: 'coffee',
      conversationId: '1',
      references: [{ type: 'replied_to', id: '1' }],
    }),
    {
      kind: 'list',
      list: {
        id: list!,
        ownerId: me!,
        name: 'Coffee',
        description: '',
        private: false,
        createdAt: WORLD_START,
      },
    } as const,
  ];
  for (const { status } of await world.writer.apply(changes)) assert.notEqual(status, 'refused');
  const { licenseeId } = await world.terms.addLicensee('Examples');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'enterprise-200m' });
  const { oauth2 } = world.access.persons.giveOwnTokens(app.appId, me!);
  const running = await serve(world);
  t.after(() => running.close());
  const dir = mkdtempSync(join(tmpdir(), 'parley-examples-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#333' } })
    .png()
    .toBuffer();
  for (const name of ['picture.png', 'part-0']) writeFileSync(join(dir, name), png);
  const env = {
    PATH: process.env.PATH,
    PARLEY: running.address,
    APP_TOKEN: app.bearerToken,
    PERSON_TOKEN: oauth2.accessToken,
  };
  let answered = 0;
  const shells = examples.filter(({ client }) => client === 'curl');
  // The filtered stream opens once there are rules; what is deleted is not there any more.
  const turn = ({ operation }: { operation: (typeof operations)[number] }) =>
    operation.opens ? 1 : ['deletePosts', 'deleteLists'].includes(operation.id) ? 2 : 0;
  shells.sort((one, next) => turn(one) - turn(next));
  for (const { operation, code } of shells) {
    // A second is a call's whole rate in some plans; the clock is the test's.
    world.clock.advance(1_100);
    const asked = (seconds: number) => {
      const shown = code.replace('curl', `curl -s -o answer -w '%{http_code}' --max-time ${seconds}`);
      return run('bash', ['-c', shown], { env, cwd: dir }).catch((error) => error);
    };
    let { stdout, code: exit } = await asked(operation.opens ? 1 : 60);
    // On a slow machine the head of a stream had no time to come.
    if (stdout === '000') ({ stdout, code: exit } = await asked(20));
    // A stream goes on until the time is over.
    assert.ok(exit === undefined || (exit === 28 && operation.opens), `${exit} of ${code}`);
    const status = Number(stdout);
    const fine = status >= 200 && status < 300;
    if (fine) answered += 1;
    assert.ok(
      fine || (NEEDS_ITS_OWN_ID.test(operation.id) && [400, 403, 404, 409].includes(status)),
      `${operation.id}: ${status} ${code}\n${(await run('cat', ['answer'], { cwd: dir })).stdout.slice(0, 600)}`,
    );
  }
  assert.ok(answered >= 70, `${answered}`);
});
