import type { Change, RelationKind } from '#posts';
import type { SourceReading } from './reading.ts';
import { optionalTime } from './time.ts';
import { BadRecord, idValue, type JsonValue, optionalBoolean, optionalObject, quote } from './value.ts';
import { preferences } from './x/person.ts';
import { xMetrics, xPost, xWithheld } from './x/post.ts';

type Operation = (object: JsonValue, reading: SourceReading) => Change;

/** Begins a relation; `counted` says that the counts of posts and persons include it already. */
const begin =
  (relation: RelationKind, from: string, to: string): Operation =>
  (object, reading) => ({
    kind: 'relate',
    ...relationOf(relation, from, to, object, reading),
    ...(optionalBoolean(object, 'counted') && { counted: true }),
  });

const end =
  (relation: RelationKind, from: string, to: string): Operation =>
  (object, reading) => ({ kind: 'unrelate', ...relationOf(relation, from, to, object, reading) });

/** What a platform's backend tells of one person, list and post towards another. */
const RELATING: Record<string, Operation> = {
  like: begin('like', 'person_id', 'post_id'),
  unlike: end('like', 'person_id', 'post_id'),
  bookmark: begin('bookmark', 'person_id', 'post_id'),
  unbookmark: end('bookmark', 'person_id', 'post_id'),
  follow: begin('follow', 'person_id', 'target_id'),
  unfollow: end('follow', 'person_id', 'target_id'),
  mute: begin('mute', 'person_id', 'target_id'),
  unmute: end('mute', 'person_id', 'target_id'),
  block: begin('block', 'person_id', 'target_id'),
  unblock: end('block', 'person_id', 'target_id'),
  'add-member': begin('list-member', 'list_id', 'person_id'),
  'remove-member': end('list-member', 'list_id', 'person_id'),
  'follow-list': begin('list-follow', 'person_id', 'list_id'),
  'unfollow-list': end('list-follow', 'person_id', 'list_id'),
  'pin-list': begin('list-pin', 'person_id', 'list_id'),
  'unpin-list': end('list-pin', 'person_id', 'list_id'),
};

/**
 * What a platform's backend can tell beside upserts. Each is one JSON object with `op`, and the `id` of what it is
 * about; relations name their two ends. The README lists them with their fields; a test compares.
 */
export const OPERATIONS: Record<string, Operation> = {
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
  'scrub-geo': (object, reading) => ({
    kind: 'scrub-geo',
    id: idOf(object),
    upToPostId: idValue(object.up_to_post_id, 'up_to_post_id'),
    at: at(object, reading),
  }),
  'hide-reply': (object) => ({ kind: 'hide-reply', id: idOf(object), hidden: true }),
  'unhide-reply': (object) => ({ kind: 'hide-reply', id: idOf(object), hidden: false }),
  'delete-list': (object, reading) => ({ kind: 'delete-list', id: idOf(object), at: at(object, reading) }),
  ...RELATING,
};

/** @throws BadRecord for an unknown operation or a missing field. */
export function takeOperation(object: JsonValue, reading: SourceReading): Change {
  const operation =
    typeof object.op === 'string' && Object.hasOwn(OPERATIONS, object.op) ? OPERATIONS[object.op] : undefined;
  if (!operation)
    throw new BadRecord(`op is ${quote(object.op)}: one of ${Object.keys(OPERATIONS).join(', ')}`);
  return operation(object, reading);
}

function relationOf(
  relation: RelationKind,
  from: string,
  to: string,
  object: JsonValue,
  reading: SourceReading,
) {
  return {
    relation,
    from: idValue(object[from], from),
    to: idValue(object[to], to),
    at: at(object, reading),
  };
}

function idOf(object: JsonValue): string {
  return idValue(object.id, 'id');
}

function at(object: JsonValue, reading: SourceReading): number {
  return optionalTime(object.at, 'at') ?? reading.now;
}
