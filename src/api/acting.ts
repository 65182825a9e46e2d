import type { Act, Done } from '#network';
import { body } from './body.ts';
import type { Asked, Found, World } from './operation.ts';

/**
 * What every operation through which a person acts on the network has in common: a dry run asks whether the act would be
 * refused, a real one does it. Nothing is delivered by it. Only for operations that take nobody but persons.
 * @param actOf reads the request; throws Problem `body-invalid`.
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
    check(asked: Asked<P>, { network }: World): void {
      network.check(actorOf(asked), actOf(asked));
    },
    async read(asked: Asked<P>, { network }: World): Promise<Found> {
      const done = await network.act(actorOf(asked), actOf(asked));
      const text = body({ data: JSON.stringify(answer(done)) });
      return { groups: [], status, present: () => text };
    },
  } as const;
}

function actorOf({ viewer }: Pick<Asked<unknown>, 'viewer'>): string {
  if (viewer === undefined) throw new Error('an act without a person');
  return viewer;
}
