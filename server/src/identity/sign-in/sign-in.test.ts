import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Problem } from '#kernel';
import { ALICE, accessWorld, BOB, NOW } from '../testing/world.ts';
import { createPasswords, SCRYPT_COST } from './password.ts';
import { SESSION_IDLE_MS, SESSION_MS } from './session.ts';

const PASSWORD = 'a few words of mine';
const MINUTE_MS = 60_000;
const OWNER = { account: 'alice', address: '192.0.2.1' };

async function setting(t: TestContext) {
  const world = await accessWorld(t);
  const alice = await world.signedIn();
  const page = await alice.get('/settings/password');
  const chosen = await alice.submit(page, '/settings/password', { password: PASSWORD, again: PASSWORD });
  assert.equal(chosen.status, 303);
  return { ...world, alice };
}

test('a password works in any case of the username and in any composition of its letters', async (t) => {
  const { browser } = await setting(t);
  for (const name of ['alice', 'ALICE', '@alice', ' alice ']) {
    assert.equal((await browser().signIn(name, PASSWORD)).location, '/settings/apps', name);
  }
  assert.equal((await browser().signIn('alice', `${PASSWORD} `)).status, 401);
});

test('a wrong name and a wrong password get the same answer', async (t) => {
  const { browser } = await setting(t);
  const texts = [];
  for (const [name, password] of [
    ['alice', 'wrong'],
    ['nobody', 'wrong'],
    ['nobody', PASSWORD],
  ]) {
    const answer = await browser().signIn(name!, password!);
    assert.equal(answer.status, 401);
    texts.push(answer.text.replace(/value="[^"]*"/g, ''));
  }
  assert.equal(new Set(texts).size, 1);
});

test('a one-time password works once, for three days, and replaces what was before', async (t) => {
  const { browser, persons, clock, alice } = await setting(t);
  const { password } = persons.signIn.giveOneTimePassword(ALICE.id);
  assert.match(password, /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
  assert.equal((await alice.get('/settings/apps')).status, 303, 'sessions end');
  assert.equal((await browser().signIn('alice', PASSWORD)).status, 401, 'the old password ends');
  assert.match(
    (await browser().signIn('alice', password.toUpperCase().replaceAll('-', ''))).location!,
    /^\/settings\/password/,
  );
  assert.equal((await browser().signIn('alice', password)).status, 401);
  const late = persons.signIn.giveOneTimePassword(ALICE.id).password;
  clock.advance(72 * 60 * MINUTE_MS);
  assert.equal((await browser().signIn('alice', late)).status, 401);
});

test('guessing is slowed, waits are told, and nobody is locked out for good', async (t) => {
  const { browser, persons, clock, alice } = await setting(t);
  const guesser = browser({ remote: '198.51.100.7' });
  for (let i = 0; i < 10; i += 1) assert.equal((await guesser.signIn('alice', 'wrong')).status, 401);
  const slowed = await guesser.signIn('alice', PASSWORD);
  assert.equal(slowed.status, 429);
  assert.equal(slowed.headers['retry-after'], '900');
  assert.equal((await browser().signIn('alice', PASSWORD)).status, 303, 'from elsewhere it goes on');

  for (let host = 1; host <= 12; host += 1) {
    for (let i = 0; i < 9; i += 1) await browser({ remote: `203.0.113.${host}` }).signIn('alice', 'wrong');
  }
  assert.equal(
    (await browser({ remote: '192.0.2.9' }).signIn('alice', PASSWORD)).status,
    429,
    'guessed from everywhere',
  );
  const { password } = persons.signIn.giveOneTimePassword(BOB.id);
  for (let i = 0; i < 20; i += 1) await browser({ remote: `203.0.113.${i}` }).signIn('bob', 'wrong');
  assert.equal(
    (await browser().signIn('bob', password)).status,
    303,
    'the operator can always let somebody in',
  );
  alice.cookies.delete('parley-session');
  const known = await alice.signIn('alice', PASSWORD);
  assert.equal(known.status, 303, 'nobody’s guesses count against the browser that was here before');
  clock.advance(15 * MINUTE_MS);
  assert.equal((await browser({ remote: '192.0.2.9' }).signIn('alice', PASSWORD)).status, 303);
});

test('who guesses many names from one address waits too', async (t) => {
  const { browser } = await setting(t);
  const guesser = browser({ remote: '198.51.100.8' });
  for (let i = 0; i < 50; i += 1) assert.equal((await guesser.signIn(`name${i}`, 'wrong')).status, 401);
  assert.equal((await guesser.signIn('alice', PASSWORD)).status, 429);
});

test('two addresses that guess without end shut nobody out', async (t) => {
  const { browser } = await setting(t);
  for (const host of [1, 2]) {
    for (let i = 0; i < 60; i += 1) await browser({ remote: `203.0.113.${host}` }).signIn('alice', 'wrong');
  }
  assert.equal((await browser({ remote: '192.0.2.9' }).signIn('alice', PASSWORD)).status, 303);
});

test('a mark of a browser counts once, however its base64 is written', async (t) => {
  const { browser, alice } = await setting(t);
  alice.cookies.delete('parley-session');
  await alice.signIn('alice', PASSWORD);
  const mark = alice.cookies.get('parley-device')!;
  const statuses = [];
  for (let i = 0; i < 12; i += 1) {
    const thief = browser();
    thief.cookies.set('parley-device', `${mark}${'='.repeat(i)}`);
    statuses.push((await thief.signIn('alice', 'wrong')).status);
  }
  assert.deepEqual([statuses.indexOf(429), statuses.at(-1)], [10, 429]);
});

test('a session is a new secret at each sign-in, whatever cookie the browser brings', async (t) => {
  const { browser, persons, alice } = await setting(t);
  const planted = alice.cookies.get('parley-session')!;
  const victim = browser();
  victim.cookies.set('parley-session', 'x'.repeat(43));
  await victim.signIn('alice', PASSWORD);
  const first = victim.cookies.get('parley-session')!;
  assert.notEqual(first, 'x'.repeat(43));
  victim.cookies.set('parley-session', planted);
  await victim.submit(await victim.get('/settings/apps'), '/sign-out');
  assert.equal(persons.sessions.find(planted, NOW), undefined);
  await victim.signIn('alice', PASSWORD);
  assert.notEqual(victim.cookies.get('parley-session'), planted);
});

test('a session ends when it is idle, when it is old, and when the person is suspended', async (t) => {
  const { persons, people, alice } = await setting(t);
  const { token } = persons.sessions.begin(ALICE.id, NOW);
  const at = (ms: number) => persons.sessions.find(token, NOW + ms) !== undefined;
  assert.ok(at(SESSION_IDLE_MS - 1), 'this use moves the idle end');
  assert.ok(at(2 * SESSION_IDLE_MS - 2));
  for (let ms = 2 * SESSION_IDLE_MS; ms < SESSION_MS; ms += SESSION_IDLE_MS / 2)
    assert.ok(at(ms), String(ms));
  assert.ok(!at(SESSION_MS));
  const idle = persons.sessions.begin(ALICE.id, NOW).token;
  assert.equal(persons.sessions.find(idle, NOW + SESSION_IDLE_MS), undefined);
  assert.equal((await alice.get('/settings/apps')).status, 200);
  people.delete(ALICE.id);
  assert.equal((await alice.get('/settings/apps')).status, 303);
});

test('a changed password ends the other sessions and needs the old one', async (t) => {
  const { alice, browser } = await setting(t);
  const other = browser();
  await other.signIn('alice', PASSWORD);
  const page = await alice.get('/settings/password');
  const next = 'some other few words';
  const table: [typed: Record<string, string>, status: number][] = [
    [{ old: 'wrong', password: next, again: next }, 403],
    [{ password: next, again: next }, 403],
    [{ old: PASSWORD, password: next, again: `${next}x` }, 400],
    [{ old: PASSWORD, password: 'too short', again: 'too short' }, 400],
    [{ old: PASSWORD, password: 'x'.repeat(201), again: 'x'.repeat(201) }, 400],
    [{ old: PASSWORD, password: next, again: next }, 303],
  ];
  for (const [typed, status] of table) {
    assert.equal(
      (await alice.submit(page, '/settings/password', typed)).status,
      status,
      JSON.stringify(typed),
    );
  }
  assert.equal((await alice.get('/settings/apps')).status, 200);
  assert.equal((await other.get('/settings/apps')).status, 303);
  assert.equal((await browser().signIn('alice', PASSWORD)).status, 401);
  assert.equal((await browser().signIn('alice', next)).status, 303);
});

test('a sign-in form of another browser is refused, so nobody is signed in as somebody else', async (t) => {
  const { browser } = await setting(t);
  const page = await browser().get('/sign-in');
  const answer = await browser().submit(page, '/sign-in', { username: 'alice', password: PASSWORD });
  assert.equal(answer.status, 403);
});

test('passwords are scrypt as OWASP sets it, and what node:crypto makes of them', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash(PASSWORD, OWNER);
  const [name, log2N, r, p, salt, hash] = stored.split('$');
  assert.deepEqual([name, Number(log2N), Number(r), Number(p)], ['scrypt', 15, 8, 3]);
  assert.deepEqual(SCRYPT_COST, { log2N: 15, r: 8, p: 3 });
  const options = { N: 2 ** 15, r: 8, p: 3, maxmem: 1 << 28 };
  assert.equal(
    scryptSync(PASSWORD, Buffer.from(salt!, 'base64url'), 32, options).toString('base64url'),
    hash,
  );
  assert.ok(await passwords.matches(PASSWORD, stored, OWNER));
  assert.ok(!(await passwords.matches(`${PASSWORD}x`, stored, OWNER)));
  assert.ok(!(await passwords.matches('', undefined, OWNER)));
});

test('too many passwords at once are shed before memory is', async () => {
  const passwords = createPasswords({ log2N: 8, r: 1, p: 1 });
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, at) =>
      passwords.matches('x', undefined, { account: `a${at}`, address: `192.0.2.${at}` }),
    ),
  );
  const shed = results.filter(
    (one) => one.status === 'rejected' && one.reason instanceof Problem && one.reason.code === 'overloaded',
  );
  // Three quarters of the places in the queue: the rest is kept for browsers that signed in before.
  assert.equal(shed.length, 60 - 24);
});

test('a browser that signed in before finds a place, however many addresses and accounts strangers come with', async (t) => {
  const { persons, alice, clock } = await setting(t);
  const signIn = (username: string, remote: string, device?: string) =>
    persons.signIn.signIn({ username, password: PASSWORD, device }, { remote, now: clock.now() }).then(
      (result) => (typeof result === 'object' && 'session' in result ? 'signed in' : result),
      (error: unknown) => (error as Problem).code,
    );
  // All of them are in the queue before the first hash is made: nothing here waits for time.
  const strangers = Array.from({ length: 40 }, (_, at) => signIn(`m${at}`, `192.0.2.${at}`));
  const own = signIn('alice', '198.51.100.7', alice.cookies.get('parley-device')!);
  const other = signIn('alice', '198.51.100.8');
  assert.equal(await own, 'signed in');
  assert.equal(await other, 'overloaded', 'strangers have used up what is theirs');
  assert.equal((await Promise.all(strangers)).filter((one) => one === 'overloaded').length, 40 - 24);
});
