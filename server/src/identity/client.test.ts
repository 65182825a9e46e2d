import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { accessWorld, NOW } from './testing/world.ts';

test('an address to come back to is https, loopback, or a scheme of a public client’s own', async (t) => {
  const { persons } = await accessWorld(t);
  const table: [address: string, isPublic: boolean, isConfidential: boolean][] = [
    ['https://app.example.com/back', true, true],
    ['https://app.example.com/back?x=1&y=2', true, true],
    ['https://app.example.com:8443/', true, true],
    ['http://127.0.0.1:3000/cb', true, true],
    ['http://localhost/cb', true, true],
    ['http://[::1]:3000/cb', true, true],
    ['myapp://back', true, false],
    ['com.example.app:/back', true, false],
    ['http://app.example.com/back', false, false],
    ['http://127.0.0.1.evil.example/', false, false],
    ['http://localhost.evil.example/', false, false],
    ['https://app.example.com/#x', false, false],
    ['https://app.example.com/#', false, false],
    ['https://user:pw@app.example.com/', false, false],
    ['https://app.example.com;script-src/', false, false],
    ['https://app.example.com,x/', false, false],
    ['https://app.example.com\\@evil.example/', false, false],
    ['https://app.example.com/a b', false, false],
    ['https://app.example.com/a\r\nset-cookie:x', false, false],
    ['https://äpp.example.com/', false, false],
    ['javascript:alert(1)', false, false],
    ['JavaScript://x/%0aalert(1)', false, false],
    ['data:text/html,x', false, false],
    ['file:///etc/passwd', false, false],
    ['/back', false, false],
    ['oob', false, false],
    [`https://app.example.com/${'x'.repeat(2_000)}`, false, false],
  ];
  for (const [address, isPublic, isConfidential] of table) {
    for (const [confidential, allowed] of [
      [false, isPublic],
      [true, isConfidential],
    ] as const) {
      const set = () => persons.clients.set('a1', { redirects: [address], confidential }, NOW);
      if (allowed) assert.deepEqual(set().redirects, [address], address);
      else
        assert.throws(
          set,
          (error) => error instanceof Problem && error.code === 'body-invalid',
          `${address} ${confidential}`,
        );
    }
  }
  const eleven = Array.from({ length: 11 }, (_, i) => `https://app.example.com/${i}`);
  assert.throws(() => persons.clients.set('a1', { redirects: eleven }, NOW), /at most 10/);
});

test('what is not given stays; a secret is made once and replaced when asked', async (t) => {
  const { persons } = await accessWorld(t);
  const first = persons.clients.set(
    'a1',
    { redirects: ['https://a.example/'], confidential: true, oauth1Access: 'read' },
    NOW,
  );
  assert.ok(first.clientSecret);
  const second = persons.clients.set('a1', { callbacks: ['https://b.example/'] }, NOW);
  assert.equal(second.clientSecret, undefined);
  const { clientSecret: _, ...rest } = first;
  assert.deepEqual(second, { ...rest, callbacks: ['https://b.example/'] });
  assert.ok(persons.clients.authenticate(first.clientId, first.clientSecret));
  const third = persons.clients.set('a1', { newSecret: true }, NOW);
  assert.equal(third.clientId, first.clientId);
  assert.equal(persons.clients.authenticate(first.clientId, first.clientSecret), undefined);
  assert.ok(persons.clients.authenticate(first.clientId, third.clientSecret));
  const open = persons.clients.set('a1', { confidential: false }, NOW);
  assert.equal(open.clientSecret, undefined);
  assert.ok(persons.clients.authenticate(open.clientId, undefined));
  assert.equal(persons.clients.authenticate(open.clientId, third.clientSecret), undefined);
  assert.throws(() => persons.clients.set('a1', { oauth1Access: 'all' }, NOW), /is one of/);
});
