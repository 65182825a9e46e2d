import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('a mistyped word leads to the one that was meant, and a foreign one to none', () => {
  const known = ['port', 'public-url', 'trust-proxy', 'data', 'Example Ads'];
  const cases: [typed: string, meant: string | undefined][] = [
    ['prot', 'port'],
    ['prt', 'port'],
    ['ports', 'port'],
    ['publicUrl', 'public-url'],
    ['trustproxy', 'trust-proxy'],
    ['example asd', 'Example Ads'],
    ['json', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [typed, meant] of cases) assert.equal(nearest(typed, known), meant, typed.slice(0, 20));
});
