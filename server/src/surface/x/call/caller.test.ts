import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import type { PersonGrant, Scope } from '#identity';
import type { Caller } from '#terms';
import type { Operation } from '../operation.ts';
import { type Callers, isRefused, refuseKind, refuseUnknown } from './caller.ts';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const RATE = { limit: 150, remaining: 0, resetSeconds: NOW / 1_000 };
const SCOPES: ReadonlySet<Scope> = new Set(['tweet.read', 'users.read', 'tweet.write', 'offline.access']);

type Rules = Pick<Operation, 'id' | 'auth' | 'scopes'>;

function personAsks(via: PersonGrant['via'], rules: Rules) {
  const caller = { appId: '1', sandbox: false } as Caller;
  const grant = { appId: '1', personId: '101', via, scopes: SCOPES } as PersonGrant;
  const callers = { terms: { rateOf: () => RATE } } as unknown as Callers;
  return refuseKind(callers, { caller, grant, level: 'read-write' }, rules, NOW)?.problem;
}

test('an operation that names no scopes takes no person’s token, whatever the person gave', () => {
  for (const via of ['oauth1', 'oauth2'] as const) {
    for (const scopes of [[], undefined]) {
      const problem = personAsks(via, { id: 'undeclared', auth: ['person'], scopes });
      assert.equal(problem?.code, 'unsupported-authentication', `${via} ${JSON.stringify(scopes)}`);
    }
    assert.equal(personAsks(via, { id: 'declared', auth: ['person'], scopes: ['tweet.read'] }), undefined);
  }
});

test('a credential that has ended, of an app or of a person, is told so; a guess and no key are failures', () => {
  const ended: boolean[] = [];
  const callers = {
    terms: {
      endOfBearer: (bearer: string) =>
        bearer === 'revoked' ? { reason: 'revoked-key' as const, at: NOW } : undefined,
      // As of an address whose failures are used up: only what has ended is a 401.
      refuseUnknown(_from: unknown, hasEnded: boolean) {
        ended.push(hasEnded);
        return { code: hasEnded ? 'unauthorized' : 'rate-limited', detail: 'x', rate: RATE };
      },
    },
    tokens: {
      endOf: (bearer: string) => (bearer === 'expired' ? { reason: 'expired-token' as const } : undefined),
    },
  } as unknown as Callers;
  const codes = ['Bearer revoked', 'Bearer expired', 'Bearer guess', undefined].map((authorization) => {
    const refused = refuseUnknown(
      callers,
      { headers: { authorization }, ip: '192.0.2.1' } as FastifyRequest,
      NOW,
    );
    assert.ok(isRefused(refused));
    return refused.problem.code;
  });
  assert.deepEqual(ended, [true, true, false, false]);
  assert.deepEqual(codes, ['unauthorized', 'unauthorized', 'rate-limited', 'rate-limited']);
});
