import type { FastifyRequest } from 'fastify';
import type { Terms } from '#terms';
import type { Callers } from './caller.ts';
import type { DeadPeers } from './dead-peers.ts';
import type { RefusalBudget } from './refusal-budget.ts';
import type { RequestBodies } from './request-body.ts';

/** What a metered call needs beside what it reads from. */
export type Meter = {
  terms: Pick<Terms, 'admit' | 'giveBack' | 'hold' | 'charge' | 'dialectOf' | 'noteDialect'>;
  callers: Callers;
  intake: RequestBodies;
  /** Of bodies that are read before anybody is known: so that strangers hold up nobody but strangers. */
  strangers: RequestBodies;
  /** Of requests whose bodies were refused. */
  refusals: RefusalBudget;
  peers: Pick<DeadPeers, 'watch'>;
  /** `https://host`, for addresses in answers. */
  baseOf(request: FastifyRequest): string;
  /** Receives what went wrong here; never headers, bodies or secrets. */
  log(message: string, cause: unknown): void;
};
