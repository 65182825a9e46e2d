import type { Change, PostList } from '#posts';
import { type ActionContext, type ActionDecision, listFor, personFor } from './action-context.ts';
import type { Act } from './port.ts';
import { forbidden, unfit } from './refusal.ts';

/** X's limits. */
export const LIST_NAME_LENGTH_MAX = 25;
export const LIST_DESCRIPTION_LENGTH_MAX = 100;
const LISTS_MAX = 1_000;
export const MEMBERS_MAX = 5_000;

type ListAct = Extract<
  Act,
  { kind: 'create-list' | 'update-list' | 'delete-list' | 'add-member' | 'remove-member' }
>;

/** Lists and who is on them. @throws Problem. */
export function decideListAction(context: ActionContext, actorId: string, act: ListAct): ActionDecision {
  switch (act.kind) {
    case 'create-list':
      return planCreate(context, actorId, act);
    case 'update-list':
      return planUpdate(ownList(context, actorId, act.listId), act);
    case 'delete-list': {
      const list = ownList(context, actorId, act.listId);
      return {
        changes: [{ kind: 'delete-list', id: list.id, at: context.clock.now() }],
        done: { changed: true },
      };
    }
    case 'add-member':
    case 'remove-member':
      return planMember(context, actorId, act);
  }
}

function planCreate(
  context: ActionContext,
  ownerId: string,
  act: ListAct & { kind: 'create-list' },
): ActionDecision {
  const { name, description = '' } = checked(act);
  if (context.relations.listsOwned(ownerId, { limit: LISTS_MAX }).length >= LISTS_MAX)
    throw forbidden('lists-used-up');
  const { id, createdAt } = context.mint.next();
  const list = { id, ownerId, name: name ?? '', description, private: act.private ?? false, createdAt };
  return {
    changes: [{ kind: 'list', list }],
    done: { changed: true, list: { ...list, members: 0, followers: 0 } },
  };
}

function planUpdate(list: PostList, act: ListAct & { kind: 'update-list' }): ActionDecision {
  const { name = list.name, description = list.description } = checked(act);
  const { members, followers, ...kept } = list;
  const next = { ...kept, name, description, private: act.private ?? list.private };
  const changed =
    next.name !== list.name || next.description !== list.description || next.private !== list.private;
  const changes: Change[] = changed ? [{ kind: 'list', list: next }] : [];
  return { changes, done: { changed, list: { ...next, members, followers } } };
}

function planMember(
  context: ActionContext,
  actorId: string,
  act: ListAct & { kind: 'add-member' | 'remove-member' },
): ActionDecision {
  const { listId, personId } = act;
  const list = ownList(context, actorId, listId);
  const stands = context.relations.isRelated('list-member', listId, personId);
  const adds = act.kind === 'add-member';
  if (adds) {
    personFor(context, actorId, 'list-add', personId);
    if (!stands && list.members >= MEMBERS_MAX) throw forbidden('members-used-up');
  }
  if (stands === adds) return { changes: [], done: { changed: false } };
  const kind = adds ? 'relate' : 'unrelate';
  return {
    changes: [{ kind, relation: 'list-member', from: listId, to: personId, at: context.clock.now() }],
    done: { changed: true },
  };
}

function ownList(context: ActionContext, actorId: string, id: string): PostList {
  const list = listFor(context, actorId, id);
  if (list.ownerId !== actorId) throw forbidden('not-owner');
  return list;
}

function checked({ name, description }: { name?: string; description?: string }): {
  name?: string;
  description?: string;
} {
  const length = (text: string) => [...text].length;
  const given = name?.trim();
  if (given !== undefined && (length(given) < 1 || length(given) > LIST_NAME_LENGTH_MAX))
    throw unfit(`\`name\` has 1 to ${LIST_NAME_LENGTH_MAX} characters.`);
  if (description !== undefined && length(description) > LIST_DESCRIPTION_LENGTH_MAX)
    throw unfit(`\`description\` has at most ${LIST_DESCRIPTION_LENGTH_MAX} characters.`);
  if (!`${name ?? ''}${description ?? ''}`.isWellFormed())
    throw unfit('`name` or `description` is not Unicode.');
  return { name: given, description };
}
