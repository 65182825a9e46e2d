import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { operations } from '#x';
import { CASES, type Case, OTHER_ROUTES } from './tenant-cases.ts';
import { ALICE, BOB, MARK, type Names, type Role, type Served, served, tenants } from './tenant-world.ts';

type Answer = { status: number; text: string; headers: string };

/** In the same form as theirs, and nobody's. */
function madeUp(names: Names): Names {
  const like = (name: string) =>
    /^\d+$/.test(name)
      ? String(BigInt(name) + 700_007n)
      : name.replace(/[0-9a-z]$/i, (last) => (last === 'e' ? 'd' : last === '4' ? '5' : '4'));
  return Object.fromEntries(Object.entries(names).map(([name, value]) => [name, like(value)])) as Names;
}

/** What is left of an answer when neither names it. */
function withoutNames(text: string, names: Names): string {
  const longest = Object.values(names).toSorted((one, other) => other.length - one.length);
  return longest.reduce((rest, name) => rest.replaceAll(name, '<name>'), text);
}

const said = ({ status, text }: Answer, names: Names): string =>
  `${status} ${withoutNames(text, names).slice(0, 2_000)}`;

let asked = 0;

async function ask(
  { server }: Served,
  method: string,
  { request }: Case,
  names: Names,
  { authorization, personId = ALICE }: Pick<Role, 'authorization' | 'personId'>,
  more: Record<string, string> = {},
): Promise<Answer> {
  const { url, body, form, headers } = request(names, personId);
  asked += 1;
  const reply = await server.inject({
    method: method as 'GET',
    url,
    // Each from an address of its own: what wrong keys do to theirs is another test's.
    remoteAddress: `10.${asked >> 16}.${(asked >> 8) & 255}.${asked & 255}`,
    headers: { ...(authorization === undefined ? {} : { authorization }), ...headers, ...more },
    payload: form ?? (body as object | undefined),
  });
  return {
    status: reply.statusCode,
    text: reply.rawPayload.toString('latin1'),
    headers: JSON.stringify(reply.headers),
  };
}

describe('tenants', () => {
  test('every operation and every other route is walked', async (t) => {
    const { routes } = await served(t);
    assert.deepEqual(
      Object.keys(CASES),
      operations.map(({ id }) => id),
    );
    const walked = new Set([
      ...operations.map(({ method = 'GET', path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
      ...Object.keys(OTHER_ROUTES),
    ]);
    const paths = new Set([...walked].map((route) => route.split(' ')[1]));
    const forgotten = [...routes].filter((route) => {
      const path = route.split(' ')[1]!;
      // Who answers OPTIONS answers every other method with 405, and under /2 what is not offered with 404.
      const isRefusal = routes.has(`OPTIONS ${path}`) && (paths.has(path) || path.startsWith('/2/'));
      return !walked.has(route) && !isRefusal;
    });
    assert.deepEqual(forgotten, []);
    assert.deepEqual(
      [...walked].filter((route) => !routes.has(route)),
      [],
    );
  });

  test('what belongs to another does not exist, for no kind of caller', async (t) => {
    const parley = await served(t);
    const { roles, theirs, own } = await tenants(t, parley);
    const nobodys = madeUp(theirs);
    const all = [
      ...operations.map(({ id, method = 'GET', opens }) => ({ name: id, method, one: CASES[id]!, opens })),
      ...Object.entries(OTHER_ROUTES).map(([name, one]) => ({
        name,
        method: name.split(' ')[0]!,
        one,
        opens: undefined,
      })),
    ];
    const reads = all.filter(
      ({ method, one, name, opens }) =>
        method === 'GET' && one.whose !== 'network' && name in CASES && !opens,
    );
    const owner = (name: string, { whose }: Case): Pick<Role, 'authorization' | 'personId'> => {
      const isApp = operations.find(({ id }) => id === name)!.auth.includes('app');
      return { authorization: whose === 'app' && isApp ? own.app : own.bob, personId: BOB };
    };
    const seen = () =>
      Promise.all(
        reads.map(async ({ name, one }) => {
          const [mine, none] = [theirs, nobodys].map((names) =>
            ask(parley, 'GET', one, names, owner(name, one)).then((answer) => said(answer, names)),
          );
          return { name, mine: await mine, none: await none };
        }),
      );
    const before = await seen();
    // The walk would prove nothing if the owner were answered as for what nobody has.
    for (const { name, mine, none } of before) assert.notEqual(mine, none, name);

    for (const role of roles) {
      for (const { name, method, one, opens } of all) {
        const where = `${name} by ${role.name}`;
        const more: Record<string, string> = opens ? { 'parley-dry-run': '1' } : {};
        const isBobs = one.whose !== 'app' && one.whose !== 'licensee' && role.personId === BOB;
        // The app's webhooks are its own whoever it asks for, but only where an operation takes a person's token.
        const isTaken = !role.personId || operations.find(({ id }) => id === name)?.auth.includes('person');
        const isTheirs = isBobs || (one.whose === role.may && isTaken);
        // What they may end is not ended here: it is to be found afterwards.
        if (isTheirs && method !== 'GET') continue;
        const found = await ask(parley, method, one, theirs, role, more);
        assert.ok(found.status < 500, `${found.status} ${where}: ${found.text.slice(0, 500)}`);
        if (isTheirs) continue;
        assert.ok(!`${found.text}${found.headers}`.includes(MARK), `${where}: ${found.text.slice(0, 500)}`);
        if (one.whose === 'network') continue;
        const none = await ask(parley, method, one, nobodys, role, more);
        assert.equal(said(found, theirs), said(none, nobodys), where);
      }
    }

    assert.deepEqual(await seen(), before, 'nothing of the victim was changed');
  });
});
