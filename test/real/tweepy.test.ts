import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { idTime, makeId } from '#kernel';
import { OPERATOR } from '#terms';
import { serveAsX } from '../clients/x-hosts.ts';
import { idAgo, person, post } from '../contract/api.ts';
import { choosePassword, noBrowser, openBrowser, signIn } from './browser.ts';

/** Debian's Python, which has Debian's tweepy. */
const PYTHON = '/usr/bin/python3';
const missing =
  spawnSync(PYTHON, ['-c', 'import tweepy']).status === 0 ? false : 'python3-tweepy is not installed';

test('tweepy reads, pages, counts, streams and meets errors', {
  skip: missing,
  timeout: 120_000,
}, async (t) => {
  const { world, port, pem } = await house(t);
  const posts = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
  const quote = idAgo(90);
  const followers = ['105', '104', '103', '102'];
  await world.writer.apply([
    person('101', { username: 'alice' }),
    ...[...followers].reverse().map((id) => person(id)),
    ...posts.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
    post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: posts[0]! }] }),
  ]);
  for (const from of [...followers].reverse())
    await world.writer.apply([
      { kind: 'relate', relation: 'follow', from, to: '101', at: world.clock.now() },
    ]);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  await world.terms.addPlan({ name: 'narrow', base: 'pro', rates: { getUsersByUsername: [1, 1] } });
  const { bearerToken: narrow } = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'narrow' });
  const quoteTime = new Date(world.clock.now() - 90_000).toISOString().replace('.000Z', '+00:00');
  const given = { ...app, narrow, posts, quote, quoteTime, alice: '101', followers };
  let brought = 0;
  await drive(t, 'tweepy/reading.py', given, port, pem, async (order) => {
    if (order === 'cut') world.streams.end(app.appId, () => true);
    else if (order.startsWith('post ')) {
      brought += 1;
      await world.writer.apply([post(0, { id: idAgo(0, brought), text: order.slice(5) })]);
    } else assert.fail(`an unknown order: ${order}`);
    return undefined;
  });
});

test('tweepy acts and reads for a person, who allows it in a browser', {
  skip: missing || noBrowser,
  timeout: 120_000,
}, async (t) => {
  const { world, served, port, pem } = await house(t, Date.now());
  const now = world.clock.now();
  const at = (secondsAgo: number) => ({
    createdAt: now - secondsAgo * 1_000,
    id: makeId(now - secondsAgo * 1_000, 1),
  });
  const [me, dev, twitter, support] = ['1072250532645998596', '2244994945', '783214', '17874544'];
  const [announcement, begun, reply, list] = [
    '1293593516040269825',
    at(900).id,
    '1344794616005066752',
    '84839422',
  ];
  const supportPost = at(300).id;
  const begins = post(900, { ...at(900), authorId: me, text: 'who answers?' });
  const answers = post(0, {
    id: reply,
    createdAt: idTime(reply),
    authorId: dev,
    conversationId: begun,
    inReplyToPersonId: me,
    references: [{ type: 'replied_to', id: begun }],
  });
  await world.writer.apply([
    person(me, { username: 'TweepyDev' }),
    person(dev, { username: 'TwitterDev' }),
    person(twitter, { username: 'Twitter' }),
    person(support, { username: 'TwitterSupport' }),
    post(0, { id: announcement, createdAt: idTime(announcement), authorId: dev, text: 'API v2 is here' }),
    begins,
    answers,
    post(300, { ...at(300), authorId: support, text: 'we are here' }),
    {
      kind: 'list',
      list: { id: list, ownerId: twitter, name: 'Official', description: '', private: false, createdAt: now },
    },
    { kind: 'relate', relation: 'list-member', from: list, to: support, at: now },
  ]);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  const own = world.access.persons.giveOwnTokens(app.appId, me);
  const readOnly = world.access.persons.giveOwnTokens(app.appId, me, ['tweet.read', 'users.read']);
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#205090' } })
    .png()
    .toBuffer();
  const given = {
    ...app,
    accessToken: own.oauth1.token,
    accessTokenSecret: own.oauth1.secret,
    bearer: own.oauth2.accessToken,
    readOnlyBearer: readOnly.oauth2.accessToken,
    ...{ me, twitter, support, announcement, reply, supportPost, list },
    png: png.toString('hex'),
  };
  const redirect = 'https://app.example.com/back';
  const { clientId } = world.access.persons.clients.set(app.appId, { redirects: [redirect] }, now);
  const browser = await openBrowser(t, served.port);
  const { password: oneTime } = world.access.persons.signIn.giveOneTimePassword(me);
  const chosen = 'correct horse battery';
  await drive(t, 'tweepy/persons.py', { ...given, clientId, redirect }, port, pem, async (order) => {
    const [kind, url = ''] = order.split(' ');
    await browser.goto(url);
    // tweepy asks two hosts of X's, and a browser keeps the sign-in of each by itself.
    const isFirst = kind === 'oauth2';
    await signIn(browser, 'TweepyDev', isFirst ? oneTime : chosen);
    if (isFirst) await choosePassword(browser, chosen);
    await browser.getByRole('button', { name: 'Allow', exact: true }).click();
    return kind === 'oauth1' ? await browser.locator('.pin').innerText() : browser.url();
  });
});

/** A Parley by HTTPS, and a proxy that leads whatever host is asked for to it. @returns the proxy's port. */
async function house(t: TestContext, start?: number) {
  const served = await serveAsX(t, start);
  const { world, certFile } = served;
  const proxy = createServer((_request, reply) => reply.writeHead(405).end());
  proxy.on('connect', (_request, socket) => {
    const behind = connect(served.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(behind).pipe(socket);
    });
    for (const one of [socket, behind]) {
      one.on('error', () => {
        socket.destroy();
        behind.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => proxy.close(resolve)));
  return { world, served, port: (proxy.address() as { port: number }).port, pem: certFile };
}

/** Runs a Python file; each line that it prints is an order, which is answered by a line when it is done. */
async function drive(
  t: TestContext,
  file: string,
  given: object,
  port: number,
  pem: string,
  obey: (order: string) => Promise<string | undefined>,
): Promise<void> {
  const child: ChildProcess = spawn(PYTHON, [fileURLToPath(new URL(file, import.meta.url)), '-v'], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      REQUESTS_CA_BUNDLE: pem,
      GIVEN: JSON.stringify(given),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (bytes) => {
    said += bytes;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.after(() => child.kill());
  for await (const order of createInterface({ input: child.stdout! })) {
    child.stdin!.write(`${(await obey(order)) ?? ''}\n`);
  }
  assert.equal(await ended, 0, said);
}
