import type { Act, Done } from '#network';
import type { Asked, Found, World } from '../../operation.ts';
import { act, checkAct, said } from '../writing/act.ts';
import { readBodyAs } from '../writing/body.ts';
import { listBodies } from './schemas.ts';

/**
 * What the operations that change lists have in common: a dry run asks whether the act would be refused, a real one does
 * it. Nothing is delivered by it.
 * @param actOf reads the request; throws `invalid-request`.
 * @param answer the answer's `data`.
 */
export function acting<P>(
  actOf: (asked: Asked<P>) => Act,
  answer: (done: Done) => Record<string, unknown>,
  status: 200 | 201 = 200,
) {
  return {
    auth: ['person'],
    writes: true,
    check: (asked: Asked<P>, world: World): void => checkAct(asked, world, actOf(asked)),
    read: async (asked: Asked<P>, world: World): Promise<Found> =>
      said(answer(await act(asked, world, actOf(asked))), status),
  } as const;
}

export type ListInput = { name?: string; description?: string; private?: boolean };

export function newListOf(body: unknown): ListInput & { name: string } {
  return readBodyAs(listBodies.NewList, body);
}

export function listChangeOf(body: unknown): ListInput {
  return readBodyAs(listBodies.ListChange, body);
}

export function listIdOf(body: unknown): string {
  return readBodyAs<{ list_id: string }>(listBodies.ListId, body).list_id;
}

export function memberIdOf(body: unknown): string {
  return readBodyAs<{ user_id: string }>(listBodies.UserId, body).user_id;
}
