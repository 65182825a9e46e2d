import { hash, randomBytes } from 'node:crypto';
import { type Clock, checkName, createFairQueue, Problem, systemClock } from '#kernel';
import type { Operator, Operators } from './port.ts';
import { type OperatorRow, openOperatorStore } from './store-sqlite.ts';

/** 256 random bits: a plain SHA-256 of them is enough, and its look-up tells nothing about other tokens. */
const TOKEN_BYTES = 32;
const TOKEN_LENGTH_MAX = 512;
const OPERATORS_MAX = 1000;

function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url');
}

function publicOperator({ operatorId, name, createdAt, revokedAt }: OperatorRow): Operator {
  return { operatorId, name, createdAt, revokedAt };
}

/**
 * Opens the operators of a data folder.
 * @param file path of `access.db`, or `:memory:`.
 * @param logOf the log that a licensee's token may read: terms know, and are handed in by whoever wires.
 */
export async function openOperators(options: {
  file: string;
  clock?: Clock;
  logOf: (token: string) => string | undefined;
}): Promise<Operators> {
  const { file, clock = systemClock, logOf } = options;
  const store = await openOperatorStore(file);
  const operators = new Map<string, OperatorRow>();
  const byToken = new Map<string, OperatorRow>();

  /** One change at a time: the last operator cannot be revoked twice at once. */
  const queue = createFairQueue({ atOnce: 1 });
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => queue.run({ tenant: '' }, act);

  function put(row: OperatorRow): void {
    operators.set(row.operatorId, row);
    if (row.revokedAt === null) byToken.set(row.tokenHash, row);
    else byToken.delete(row.tokenHash);
  }
  for (const row of await store.all()) put(row);

  function authoriseOperator(token: string | undefined): Operator | undefined {
    if (token === undefined || token === '' || token.length > TOKEN_LENGTH_MAX) return undefined;
    const row = byToken.get(tokenHash(token));
    return row && publicOperator(row);
  }

  async function addOperator(name: string): Promise<Operator & { token: string }> {
    const checked = checkName(name, 'an operator');
    if (byToken.size >= OPERATORS_MAX) {
      throw new Problem('conflict', {
        detail: `There are at most ${OPERATORS_MAX} operators. Revoke one first.`,
      });
    }
    const token = `parley_operator_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const row: OperatorRow = {
      operatorId: `operator-${randomBytes(8).toString('hex')}`,
      name: checked,
      tokenHash: tokenHash(token),
      createdAt: clock.now(),
      revokedAt: null,
    };
    await store.add(row);
    put(row);
    return { ...publicOperator(row), token };
  }

  async function revokeOperator(operatorId: string): Promise<Operator> {
    const row = operators.get(operatorId);
    if (!row) throw new Problem('not-found', { detail: `There is no operator ${operatorId.slice(0, 64)}.` });
    if (row.revokedAt !== null) return publicOperator(row);
    if (byToken.size === 1) {
      throw new Problem('conflict', {
        detail: 'This is the last operator. Add another one before revoking it.',
      });
    }
    const revoked = { ...row, revokedAt: clock.now() };
    put(revoked);
    await store.revoke(operatorId, revoked.revokedAt);
    return publicOperator(revoked);
  }

  return {
    authoriseOperator,
    mayReadLog: (token, log) =>
      token !== undefined && (authoriseOperator(token) !== undefined || logOf(token) === log),
    addOperator: (name) => inTurn(() => addOperator(name)),
    revokeOperator: (operatorId) => inTurn(() => revokeOperator(operatorId)),
    operators: () => [...operators.values()].map(publicOperator),
    close: () => store.close(),
  };
}
