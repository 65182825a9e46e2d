import type { TestContext } from 'node:test';
import Fastify from 'fastify';
import { createVault, testClock } from '#kernel';
import type { PersonCard, PersonWorld } from '../person-port.ts';
import { openPersons } from '../persons.ts';
import { accessRoutes } from '../routes.ts';
import { fakeBrowser } from './fake-browser.ts';

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const ALICE: PersonCard = { id: '1001', username: 'alice', name: 'Alice' };
export const BOB: PersonCard = { id: '1002', username: 'Bob', name: 'Bob' };
/** Two apps of two licensees, by app id. */
export const APPS = {
  a1: { name: 'Planner', licensee: 'Kota Ads', consumerKey: 'ck-a1', secret: 'cs-a1' },
  a2: { name: 'Other', licensee: 'Example GmbH', consumerKey: 'ck-a2', secret: 'cs-a2' },
};
const CHEAP = { log2N: 8, r: 1, p: 1 };

/** Access with its pages, real but for what the modules below it would say. Ends with its test. */
export async function accessWorld(
  t: TestContext,
  given: { file?: string; nonceFile?: string; https?: boolean } = {},
) {
  const clock = testClock(NOW);
  const people = new Map<string, PersonCard>([ALICE, BOB].map((person) => [person.id, person]));
  const apps = new Map<string, (typeof APPS)['a1']>(Object.entries(APPS));
  const revoked = new Set<string>();
  const world: PersonWorld = {
    consumerOf(consumerKey) {
      const found = [...apps].find(([appId, app]) => app.consumerKey === consumerKey && !revoked.has(appId));
      return found && { appId: found[0], keyId: `key-${found[0]}`, secret: found[1].secret };
    },
    appOf: (appId) => apps.get(appId),
    isAppInForce: (appId) => apps.has(appId) && !revoked.has(appId),
    personById: (personId) => people.get(personId),
    personByUsername: (name) =>
      [...people.values()].find(({ username }) => username.toLowerCase() === name.toLowerCase()),
  };
  const open = () =>
    openPersons({
      file: given.file ?? ':memory:',
      nonceFile: given.nonceFile ?? ':memory:',
      vault: createVault(Buffer.alloc(32, 7)),
      clock,
      world,
      scryptCost: CHEAP,
    });
  const persons = open();
  const mistakes: unknown[] = [];
  const server = Fastify({ trustProxy: true });
  accessRoutes(server, {
    access: { persons },
    log: (...mistake) => mistakes.push(mistake),
    baseOf: ({ protocol, host }) => `${protocol}://${host}`,
  });
  await server.ready();
  t.after(async () => {
    await server.close();
    persons.close();
  });
  return {
    persons,
    clock,
    people,
    apps,
    revoked,
    server,
    mistakes,
    reopen: open,
    browser: (options: { remote?: string } = {}) => fakeBrowser(server, { ...options, https: given.https }),
    /** A browser in which this person is signed in. */
    async signedIn(person = ALICE) {
      const browser = fakeBrowser(server, { https: given.https });
      const { password } = persons.signIn.giveOneTimePassword(person.id);
      const answer = await browser.signIn(person.username, password);
      if (answer.status !== 303) throw new Error(answer.text);
      return browser;
    },
  };
}
