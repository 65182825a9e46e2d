import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { type RelationListing, readRelationPlace, relationPage } from './relation-page.ts';

/** Things with places in memory, read by brute force: the meaning of a listing's port, and nothing of its pages. */
function world() {
  const held = new Map<bigint, { id: string; seen: boolean }>();
  const listing: RelationListing<string> = {
    read({ before, after }, limit) {
      const all = [...held]
        .map(([place, { id }]) => ({ place, id }))
        .filter(
          ({ place }) => (before === undefined || place < before) && (after === undefined || place > after),
        )
        .sort((one, other) => (one.place > other.place ? -1 : 1));
      return before === undefined && after !== undefined ? all.slice(-limit) : all.slice(0, limit);
    },
    see: (ids) => {
      const seen = new Set([...held.values()].flatMap(({ id, seen }) => (seen ? [id] : [])));
      return ids.map((id) => (seen.has(id) ? id : undefined));
    },
  };
  const visible = () =>
    [...held]
      .filter(([, { seen }]) => seen)
      .sort(([one], [other]) => (one > other ? -1 : 1))
      .map(([, { id }]) => id);
  return { held, listing, visible };
}

const pageAt = (listing: RelationListing<string>, token: string | undefined, limit: number) => {
  const { things, tokens } = relationPage(
    'k',
    '1',
    listing,
    readRelationPlace('k', { paginationToken: token }),
    limit,
  );
  return { things, ...tokens(things.length) };
};

/** What is there at first, and what happens between two pages. */
const begin = fc.array(fc.boolean(), { maxLength: 60 });
const between = fc.array(
  fc.record({
    adds: fc.array(fc.boolean(), { maxLength: 4 }),
    removes: fc.array(fc.nat(70), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('pages of a relation', () => {
  test('joined, they are all that was there at the first page and still is, whatever came or went meanwhile', () => {
    fc.assert(
      fc.property(begin, between, fc.integer({ min: 1, max: 9 }), (first, steps, limit) => {
        const { held, listing, visible } = world();
        let next = 5n;
        const add = (seen: boolean) => {
          held.set(next, { id: String(next), seen });
          next += 3n;
        };
        first.forEach(add);
        const atFirst = visible();
        const gone = new Set<string>();
        const joined: string[] = [];
        let token: string | undefined;
        for (let turn = 0; turn === 0 || token !== undefined; turn += 1) {
          const page = pageAt(listing, token, limit);
          assert.ok(page.things.length <= limit);
          assert.deepEqual(pageAt(listing, token, limit), page, 'a token repeats its page');
          assert.ok(page.things.length > 0 || page.next === undefined, 'no empty page leads on');
          joined.push(...page.things);
          token = page.next;
          const step = steps[turn % steps.length]!;
          if (turn < 30) step.adds.forEach(add);
          for (const at of step.removes) {
            const place = [...held.keys()][at];
            if (place === undefined) continue;
            gone.add(held.get(place)!.id);
            held.delete(place);
          }
        }
        assert.equal(new Set(joined).size, joined.length, 'nothing comes twice');
        const stayed = atFirst.filter((id) => !gone.has(id));
        assert.deepEqual(
          joined.filter((id) => !gone.has(id)),
          stayed,
        );
        for (const id of joined) assert.ok(atFirst.includes(id), 'what came later is on no later page');
      }),
      { numRuns: runs(300) },
    );
  });

  test('back from the end they are the same ones; whoever goes back further finds what came meanwhile', () => {
    fc.assert(
      fc.property(begin, fc.nat(9), fc.integer({ min: 1, max: 9 }), (first, later, limit) => {
        const { held, listing, visible } = world();
        first.forEach((seen, index) => void held.set(BigInt(index + 1), { id: String(index + 1), seen }));
        const pages: string[][] = [];
        let token: string | undefined;
        let previous: string | undefined;
        do {
          const page = pageAt(listing, token, limit);
          pages.push(page.things);
          previous = page.previous;
          assert.equal(previous !== undefined, pages.length > 1);
          token = page.next;
        } while (token !== undefined);
        for (let index = 0; index < later; index += 1)
          held.set(BigInt(1_000 + index), { id: `l${index}`, seen: true });
        const back: string[] = [];
        for (let at = pages.length - 2; previous !== undefined; at -= 1) {
          const page = pageAt(listing, previous, limit);
          if (at >= 0) assert.deepEqual(page.things.slice(-pages[at]!.length), pages[at]);
          assert.notEqual(page.next, undefined, 'it leads on again');
          assert.deepEqual(
            pageAt(listing, page.next, limit).things,
            visible()
              .slice(visible().indexOf(page.things.at(-1)!) + 1)
              .slice(0, limit),
          );
          back.unshift(...page.things);
          previous = page.previous;
        }
        if (pages.length > 1) assert.deepEqual(back, visible().slice(0, back.length));
      }),
      { numRuns: runs(300) },
    );
  });

  test('a page that the charge cut goes on below the last thing shown', () => {
    const { held, listing } = world();
    for (let place = 1n; place <= 9n; place += 1n) held.set(place, { id: String(place), seen: true });
    const page = relationPage('k', '1', listing, undefined, 5);
    assert.deepEqual(page.things, ['9', '8', '7', '6', '5']);
    assert.deepEqual(pageAt(listing, page.tokens(2).next, 3).things, ['7', '6', '5']);
    const whole = relationPage('k', '1', listing, undefined, 9);
    assert.equal(whole.tokens(9).next, undefined);
    assert.deepEqual(pageAt(listing, whole.tokens(8).next, 3).things, ['1']);
  });

  test('a long stretch of what nobody may see ends in a short page that goes on, both ways', () => {
    const { held, listing } = world();
    for (let place = 1n; place <= 12_000n; place += 1n)
      held.set(place, { id: String(place), seen: place < 4n || place > 11_998n });
    const found: string[] = [];
    let token: string | undefined;
    let previous: string | undefined;
    let pages = 0;
    do {
      const page = pageAt(listing, token, 3);
      found.push(...page.things);
      ({ next: token, previous } = page);
      pages += 1;
    } while (token !== undefined);
    assert.deepEqual(found, ['12000', '11999', '3', '2', '1']);
    assert.ok(pages > 2 && pages < 9, `${pages} pages`);
    const back: string[] = [];
    for (let turn = 0; previous !== undefined && turn < 10; turn += 1) {
      const page = pageAt(listing, previous, 3);
      back.unshift(...page.things);
      previous = page.previous;
    }
    assert.deepEqual(
      back.filter((id) => BigInt(id) > 11_998n),
      ['12000', '11999'],
    );
  });

  test('a page that has become empty leads back to what stands at its own edge', () => {
    const { held, listing } = world();
    for (let place = 1n; place <= 9n; place += 1n) held.set(place, { id: String(place), seen: true });
    const { next } = pageAt(listing, undefined, 6);
    for (const place of [1n, 2n, 3n]) held.delete(place);
    const { things, previous, next: further } = pageAt(listing, next, 2);
    assert.deepEqual([things, further], [[], undefined]);
    assert.deepEqual(pageAt(listing, previous, 2).things, ['5', '4']);
    const up = pageAt(listing, pageAt(listing, previous, 3).previous, 3);
    assert.deepEqual(up.things, ['9', '8', '7']);
    for (const place of [7n, 8n, 9n]) held.delete(place);
    const gone = pageAt(listing, pageAt(listing, next, 3).previous, 3);
    assert.deepEqual([gone.things, gone.previous], [['6', '5', '4'], undefined]);
  });

  test("somebody else's token is refused", () => {
    const { held, listing } = world();
    for (let place = 1n; place <= 9n; place += 1n) held.set(place, { id: String(place), seen: true });
    const { next } = pageAt(listing, undefined, 3);
    assert.throws(() => readRelationPlace('other', { nextToken: next }), { code: 'invalid-request' });
    assert.throws(() => relationPage('k', '2', listing, readRelationPlace('k', { nextToken: next }), 3), {
      code: 'invalid-request',
    });
  });
});
