import type { PersonTokens } from './person-port.ts';
import type { Persons } from './persons.ts';

/** Someone who runs this Parley: may do everything under /v1 and read every log. */
export type Operator = { operatorId: string; name: string; createdAt: number; revokedAt: number | null };

export type Operators = {
  /** The operator behind a token in force. Reads memory only; counts nothing (see `Guard`). */
  authoriseOperator(token: string | undefined): Operator | undefined;
  /** Operators read every log, a licensee's token only its own. */
  mayReadLog(token: string | undefined, log: string): boolean;
  /** The token is shown once and stored as a hash. Throws Problem `body-invalid` or `conflict`. */
  addOperator(name: string): Promise<Operator & { token: string }>;
  /** At once. Throws Problem `not-found`; `conflict` for the last operator in force, so that nobody locks all out. */
  revokeOperator(operatorId: string): Promise<Operator>;
  operators(): Operator[];
  close(): Promise<void>;
};

/** Who may do what: operators, and persons through apps. */
export type Access = Operators & { tokens: PersonTokens; persons: Persons };
