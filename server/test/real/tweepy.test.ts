import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { idTime, makeId } from '#kernel';
import { OPERATOR } from '#terms';
import { serveAsX } from '../clients/x-hosts.ts';
import { idAgo, person, post } from '../contract/api.ts';
import { choosePassword, noBrowser, openBrowser, signIn } from './browser.ts';
import { drive, wayTo, withoutModule } from './python.ts';

const missing = withoutModule('tweepy', 'python3-tweepy');

test('tweepy reads, pages, counts, streams and meets errors', {
  skip: missing,
  timeout: 1_200_000,
}, async (t) => {
  const { world, way } = await house(t);
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
  await drive(t, 'tweepy/reading.py', given, way, async (order) => {
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
  timeout: 1_200_000,
}, async (t) => {
  const { world, served, way } = await house(t, Date.now());
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
  const { clientId } = world.access.persons.clients.set(
    app.appId,
    { redirects: [redirect], callbacks: [redirect] },
    now,
  );
  const { appId: secretiveId } = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  const secretive = world.access.persons.clients.set(
    secretiveId,
    { redirects: [redirect], confidential: true },
    now,
  );
  const browser = await openBrowser(t, served.port);
  const { password: oneTime } = world.access.persons.signIn.giveOneTimePassword(me);
  let password = oneTime;
  await drive(t, 'tweepy/persons.py', { ...given, clientId, secretive, redirect }, way, async (order) => {
    const [kind, url = ''] = order.split(' ');
    await browser.goto(url);
    // tweepy asks two hosts of X's, and a browser keeps the sign-in of each by itself.
    if ((await browser.getByLabel('Username').count()) > 0) {
      await signIn(browser, 'TweepyDev', password);
      if (password === oneTime) {
        password = 'correct horse battery';
        await choosePassword(browser, password);
      }
    }
    await browser.getByRole('button', { name: 'Allow', exact: true }).click();
    if (kind === 'pin') return browser.locator('.pin').innerText();
    await browser.waitForURL((at) => at.href.startsWith(`${redirect}?`));
    return browser.url();
  });
});

/** A Parley by HTTPS, and the way to it. */
async function house(t: TestContext, start?: number) {
  const served = await serveAsX(t, start);
  return { world: served.world, served, way: await wayTo(t, served) };
}
