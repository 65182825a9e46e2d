import type { Change } from '../model/change.ts';
import type { NetworkEvent } from '../model/event.ts';
import type { Person } from '../model/person.ts';
import type { Post } from '../model/post.ts';
import type { createModel } from './model-oracle.ts';

type Model = ReturnType<typeof createModel>;
type State = {
  posts: Map<string, Post | 'deleted' | undefined>;
  people: Map<string, Person | undefined>;
  held: readonly { kind: string; from: string; to: string; at: number }[];
};

/** All that events are about, as the model has it. */
export function stateOf(model: Model, postIds: readonly string[], personIds: readonly string[]): State {
  return {
    posts: new Map(postIds.map((id) => [id, model.post(id)])),
    people: new Map(personIds.map((id) => [id, model.person(id)])),
    held: [...model.relations.held()],
  };
}

/** What must be told of one change, seen from what differs before and after: in no order, as texts. */
export function eventsBetween(
  before: State,
  after: State,
  change: Change,
  outcome: string,
  now: number,
): string[] {
  if (outcome.startsWith('refused') || outcome === 'unchanged') return [];
  return [
    ...postEvents(before, after, change, now),
    ...personEvents(before, after, change),
    ...relationEvents(before, after, change, now),
    ...(change.kind === 'scrub-geo' ? [`geo-scrubbed ${change.id} ${change.upToPostId}`] : []),
  ];
}

function postEvents(before: State, after: State, change: Change, now: number): string[] {
  const told: string[] = [];
  for (const [id, post] of after.posts) {
    const old = before.posts.get(id);
    if (change.kind === 'delete-post' && typeof old === 'object' && post === 'deleted')
      told.push(`post-deleted ${id} ${old.authorId}`);
    if (typeof post !== 'object') continue;
    if (old === undefined) {
      const previous = post.editHistory[post.editHistory.indexOf(id) - 1];
      if (post.editHistory.at(-1) !== id) continue;
      if (previous !== undefined && typeof before.posts.get(previous) === 'object')
        told.push(`post-edited ${id} ${post.authorId} ${previous}`);
      else if (now - post.createdAt <= 3_600_000) told.push(`post-created ${id} ${post.authorId}`);
    } else if (old !== 'deleted') {
      const codes = (one: Post) => one.withheld?.countryCodes.join() ?? '';
      const everywhere = (one: Post) => one.withheld?.copyright ?? false;
      if (codes(old) !== codes(post)) told.push(`post-withheld ${id} ${post.authorId} ${codes(post)}`);
      if (everywhere(old) !== everywhere(post))
        told.push(`${everywhere(post) ? 'post-dropped' : 'post-undropped'} ${id} ${post.authorId}`);
    }
  }
  return told;
}

function personEvents(before: State, after: State, change: Change): string[] {
  const told: string[] = [];
  for (const id of after.people.keys()) {
    const [old, person] = [before.people.get(id), after.people.get(id)];
    const wrote = [...before.posts.values()].some((post) => typeof post === 'object' && post.authorId === id);
    if (change.kind === 'delete-person' && change.id === id && (old || wrote))
      told.push(`person-deleted ${id}`);
    if (!person || (!old && !wrote)) continue;
    const was = old?.state ?? 'active';
    if (was !== person.state) {
      if (was === 'suspended') told.push(`person-unsuspended ${id}`);
      if (was === 'deactivated') told.push(`person-undeleted ${id}`);
      if (person.state === 'suspended') told.push(`person-suspended ${id}`);
      if (person.state === 'deactivated') told.push(`person-deleted ${id}`);
    }
    if ((old?.protected ?? false) !== person.protected)
      told.push(`${person.protected ? 'person-protected' : 'person-unprotected'} ${id}`);
    const codes = (one: Person | undefined) =>
      one?.withheld?.copyright ? 'XX' : (one?.withheld?.countryCodes.join() ?? '');
    if (codes(old) !== codes(person)) told.push(`person-withheld ${id} ${codes(person)}`);
    if (!old?.username) continue;
    for (const field of ['username', 'name', 'description', 'verified'] as const)
      if (old[field] !== person[field]) told.push(`person-modified ${id} ${field} ${person[field]}`);
  }
  return told;
}

function relationEvents(before: State, after: State, change: Change, now: number): string[] {
  if (change.kind !== 'relate' && change.kind !== 'unrelate') return [];
  const name = ({ kind, from, to }: State['held'][number]) => `${kind} ${from} ${to}`;
  const had = new Set(before.held.map(name));
  const has = new Set(after.held.map(name));
  const isNews = change.kind === 'relate' && !change.counted && now - change.at <= 3_600_000;
  return [
    ...[...has].filter((one) => isNews && !had.has(one)).map((one) => `related ${one}`),
    ...[...had].filter((one) => !has.has(one)).map((one) => `unrelated ${one}`),
  ].filter((one) => !one.includes('list-member'));
}

/** An event as the model of events writes it. */
export function eventText(event: NetworkEvent): string {
  const { kind, seq: _, at: _at, ...about } = event;
  if (kind === 'related' || kind === 'unrelated') {
    const { relation: held, personId: by, to } = about as { relation: string; personId: string; to: string };
    return `${kind} ${held} ${by} ${to}`;
  }
  return `${kind} ${Object.values(about).join(' ')}`;
}
