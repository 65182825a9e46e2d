import type { Change } from '#posts';
import type { Reading } from './reading.ts';
import { optionalTime } from './time.ts';
import { BadRecord, idValue, type Json, optionalObject, quote } from './value.ts';
import { preferences } from './x/person.ts';
import { xMetrics, xPost, xWithheld } from './x/post.ts';

/**
 * What a platform's backend can tell beside upserts. Each is one JSON object with `op` and `id`: the id of a post for
 * the first five, of a person for the others. The README lists them with their fields; a test compares.
 */
export const OPERATIONS: Record<string, (object: Json, reading: Reading) => Change> = {
  edit: (object, reading) => {
    const post = optionalObject(object, 'post');
    if (!post) throw new BadRecord('post is missing: an edit carries the new version, with an id of its own');
    return {
      kind: 'edit',
      previousId: idValue(object.previous_id, 'previous_id'),
      post: xPost(post, reading).post,
    };
  },
  delete: (object, reading) => ({ kind: 'delete-post', id: idOf(object), at: at(object, reading) }),
  metrics: (object) => {
    const metrics = xMetrics(optionalObject(object, 'public_metrics') ?? {});
    if (Object.keys(metrics).length === 0) throw new BadRecord('public_metrics names no count');
    return { kind: 'metrics', id: idOf(object), metrics };
  },
  withhold: (object) => {
    const withheld = xWithheld(optionalObject(object, 'withheld'));
    if (!withheld || (withheld.countryCodes.length === 0 && !withheld.copyright)) {
      throw new BadRecord('withheld must name country_codes, or copyright as true');
    }
    return { kind: 'withhold-post', id: idOf(object), withheld };
  },
  unwithhold: (object) => ({ kind: 'withhold-post', id: idOf(object), withheld: null }),
  protect: (object) => ({ kind: 'protect', id: idOf(object), protected: true }),
  unprotect: (object) => ({ kind: 'protect', id: idOf(object), protected: false }),
  suspend: (object) => ({ kind: 'person-state', id: idOf(object), state: 'suspended' }),
  unsuspend: (object) => ({ kind: 'person-state', id: idOf(object), state: 'active' }),
  deactivate: (object) => ({ kind: 'person-state', id: idOf(object), state: 'deactivated' }),
  reactivate: (object) => ({ kind: 'person-state', id: idOf(object), state: 'active' }),
  preferences: (object) => {
    const given = preferences(object);
    if (Object.keys(given).length === 0) {
      throw new BadRecord('name search, ai_training or redistribution, each true or false');
    }
    return { kind: 'preferences', id: idOf(object), preferences: given };
  },
  'delete-person': (object, reading) => ({
    kind: 'delete-person',
    id: idOf(object),
    at: at(object, reading),
  }),
};

/** @throws BadRecord for an unknown operation or a missing field. */
export function takeOperation(object: Json, reading: Reading): Change {
  const operation =
    typeof object.op === 'string' && Object.hasOwn(OPERATIONS, object.op) ? OPERATIONS[object.op] : undefined;
  if (!operation)
    throw new BadRecord(`op is ${quote(object.op)}: one of ${Object.keys(OPERATIONS).join(', ')}`);
  return operation(object, reading);
}

function idOf(object: Json): string {
  return idValue(object.id, 'id');
}

function at(object: Json, reading: Reading): number {
  return optionalTime(object.at, 'at') ?? reading.now;
}
