import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALICE, accessWorld, BOB, NOW } from './testing/world.ts';

test('all that was given survives a restart, and none of its secrets is in the folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-persons-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { persons, reopen } = await accessWorld(t, {
    file: join(folder, 'persons.db'),
    nonceFile: join(folder, 'nonces.db'),
  });
  const client = persons.clients.set('a1', { redirects: ['https://a.example/'], confidential: true }, NOW);
  const { oauth1, oauth2 } = persons.giveOwnTokens('a1', ALICE.id);
  const revoked = persons.giveOwnTokens('a1', ALICE.id).oauth2;
  persons.grants.revokeGrant(revoked.grantId);
  const { password } = persons.signIn.giveOneTimePassword(ALICE.id);
  const entered = await persons.signIn.signIn(
    { username: 'alice', password },
    { remote: '192.0.2.1', now: NOW },
  );
  assert.ok(typeof entered === 'object' && 'session' in entered);
  await persons.signIn.choosePassword(
    entered.session,
    { next: 'a few words of mine' },
    { remote: '192.0.2.1', now: NOW },
  );
  persons.handOff.set({
    url: 'https://social.example.com/',
    origin: 'https://d.example',
    key: 'shared secret of thirty-two or more',
  });

  const again = reopen();
  t.after(() => again.close());
  assert.equal(again.tokens.byBearer(oauth2.accessToken, NOW)?.grantId, oauth2.grantId);
  assert.equal(again.grants.byOAuth1Token(oauth1.token, NOW)?.secret, oauth1.secret);
  assert.equal(again.tokens.byBearer(revoked.accessToken, NOW), undefined);
  assert.ok(again.clients.authenticate(client.clientId, client.clientSecret));
  assert.equal(again.sessions.find(entered.session.token, NOW)?.personId, ALICE.id);
  assert.equal(again.handOff.settings()?.algorithm, 'HS256');
  again.handOff.clear();
  const from = { remote: '192.0.2.1', now: NOW };
  assert.ok(
    typeof (await again.signIn.signIn({ username: 'alice', password: 'a few words of mine' }, from)) ===
      'object',
  );

  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  const secrets = {
    'client secret': client.clientSecret!,
    bearer: oauth2.accessToken,
    'refresh token': oauth2.refreshToken!,
    'token of OAuth 1.0a': oauth1.token,
    'token secret': oauth1.secret,
    session: entered.session.token,
    'one-time password': password.replaceAll('-', ''),
    password: 'a few words of mine',
    'shared secret': 'shared secret of thirty-two',
  };
  for (const [what, secret] of Object.entries(secrets)) assert.equal(bytes.includes(secret), false, what);
  assert.ok(bytes.includes(client.clientId), 'the search would have found one');
});

test('a person’s grants to an app are bounded: the oldest ends', async (t) => {
  const { persons, clock } = await accessWorld(t);
  const given = Array.from({ length: 52 }, () => {
    clock.advance(1);
    return persons.giveOwnTokens('a1', ALICE.id).oauth2;
  });
  const other = persons.giveOwnTokens('a1', BOB.id).oauth2;
  const isGood = (token: string) => persons.tokens.byBearer(token, clock.now()) !== undefined;
  assert.deepEqual(given.map(({ accessToken }) => isGood(accessToken)).indexOf(true), 2);
  assert.ok(isGood(other.accessToken));
  assert.equal(persons.grants.ofApp('a1', 1_000).length, 2 * 50 + 2);
});

test('what has ended is swept away, what lives on by a refresh stays', async (t) => {
  const { persons, clock } = await accessWorld(t);
  persons.giveOwnTokens('a1', ALICE.id, ['tweet.read']);
  const kept = persons.giveOwnTokens('a1', ALICE.id, ['tweet.read', 'offline.access']);
  clock.advance(7_200_000);
  persons.giveOwnTokens('a2', BOB.id);
  const left = persons.grants.ofPerson(ALICE.id).filter(({ via }) => via === 'oauth2');
  assert.deepEqual(
    left.map(({ grantId }) => grantId),
    [kept.oauth2.grantId],
  );
});

test('a file of a newer version is left alone, with what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-persons-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { DatabaseSync } = await import('node:sqlite');
  const file = join(folder, 'persons.db');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  await assert.rejects(accessWorld(t, { file }), /newer Parley/);
});
