import type { Change } from '../model/change.ts';
import type { Person } from '../model/person.ts';
import type { Post } from '../model/post.ts';
import type { PostList, RelationKind } from '../model/relation.ts';

type Held = { kind: RelationKind; from: string; to: string; at: number };

/** Relations and lists as a stranger would keep them: one array in the order of arrival. See model.fake.ts. */
export function createRelationModel(rest: {
  people: ReadonlyMap<string, Person | 'deleted'>;
  post(id: string): Post | 'deleted' | undefined;
  move(thing: 'post' | 'person', id: string, name: string, by: number): void;
}) {
  let held: Held[] = [];
  const lists = new Map<string, Omit<PostList, 'members' | 'followers'> | 'deleted'>();
  /** Lists count what is told of them, also what posts and persons have counted already. */
  const listCounts = new Map<string, { members: number; followers: number }>();

  /** When what ended did, last. */
  const ended = new Map<string, number>();
  const keyOf = ({ kind, from, to }: Omit<Held, 'at'>) => `${kind} ${from} ${to}`;
  const remember = (one: Omit<Held, 'at'>, at: number) =>
    ended.set(keyOf(one), Math.max(at, ended.get(keyOf(one)) ?? 0));

  const find = (kind: RelationKind, from: string, to: string) =>
    held.find((one) => one.kind === kind && one.from === from && one.to === to);

  const isPublic = (id: string) => {
    const one = lists.get(id);
    return one !== undefined && one !== 'deleted' && !one.private;
  };

  function moveList({ kind, from, to }: Held, by: number): void {
    const counts = listCounts.get(kind === 'list-member' ? from : to);
    if (kind === 'list-member') counts!.members += by;
    else if (kind === 'list-follow') counts!.followers += by;
  }

  function move({ kind, from, to }: Held, by: number): void {
    if (kind === 'like') {
      rest.move('post', to, 'likes', by);
      rest.move('person', from, 'likes', by);
    } else if (kind === 'bookmark') rest.move('post', to, 'bookmarks', by);
    else if (kind === 'follow') {
      rest.move('person', from, 'following', by);
      rest.move('person', to, 'followers', by);
    } else if (kind === 'list-member' && isPublic(from)) rest.move('person', to, 'listed', by);
  }

  function drop(which: (one: Held) => boolean): void {
    const gone = held.filter(which);
    held = held.filter((one) => !which(one));
    for (const one of gone) {
      moveList(one, -1);
      move(one, -1);
    }
  }

  const isOfPost = (kind: RelationKind) => kind === 'like' || kind === 'bookmark';

  function dropList(id: string): void {
    drop(({ kind, from, to }) => (kind === 'list-member' ? from : kind.startsWith('list-') ? to : '') === id);
    lists.set(id, 'deleted');
  }

  function relate({ relation: kind, from, to, at, counted }: Extract<Change, { kind: 'relate' }>): string {
    if (from === to && !isOfPost(kind) && !kind.startsWith('list-')) return 'refused: invalid';
    const status = (thing: unknown) => (thing === 'deleted' ? 'deleted' : thing ? 'here' : 'unknown');
    const person = (id: string) => status(rest.people.get(id));
    const object = isOfPost(kind)
      ? status(rest.post(to))
      : kind === 'list-follow' || kind === 'list-pin'
        ? status(lists.get(to))
        : person(to);
    const isRestriction = kind === 'block' || kind === 'mute';
    if (object !== 'here' && !(isRestriction && object === 'unknown')) return `refused: ${object}`;
    const subject = kind === 'list-member' ? status(lists.get(from)) : person(from);
    if (subject === 'deleted' || (subject === 'unknown' && kind === 'list-member'))
      return `refused: ${subject}`;
    if (find(kind, from, to)) return 'unchanged';
    if (at < (ended.get(keyOf({ kind, from, to })) ?? 0)) return 'refused: deleted';
    if (kind === 'follow' && (find('block', from, to) || find('block', to, from))) return 'refused: conflict';
    if (kind === 'block') {
      const isBetween = (one: Held) =>
        one.kind === 'follow' &&
        ((one.from === from && one.to === to) || (one.from === to && one.to === from));
      for (const one of held.filter(isBetween)) remember(one, at);
      drop(isBetween);
    }
    const one = { kind, from, to, at };
    ended.delete(keyOf(one));
    held.push(one);
    moveList(one, 1);
    if (!counted) move(one, 1);
    return 'created';
  }

  function apply(change: Change): string {
    switch (change.kind) {
      case 'relate':
        return relate(change);
      case 'unrelate': {
        const { relation: kind, from, to } = change;
        if (from === to && !isOfPost(kind) && !kind.startsWith('list-')) return 'refused: invalid';
        const one = find(kind, from, to);
        drop((other) => other === one);
        remember({ kind, from, to }, change.at);
        return one ? 'deleted' : 'unchanged';
      }
      case 'list': {
        const old = lists.get(change.list.id);
        if (old === 'deleted') return 'refused: deleted';
        if (old && old.ownerId !== change.list.ownerId) return 'refused: conflict';
        if (rest.people.get(change.list.ownerId) === 'deleted') return 'refused: deleted';
        const next = { ...change.list };
        if (old) for (const field of change.unsaid ?? []) Object.assign(next, { [field]: old[field] });
        lists.set(next.id, next);
        if (old && old.private !== next.private)
          for (const one of held)
            if (one.kind === 'list-member' && one.from === next.id)
              rest.move('person', one.to, 'listed', next.private ? -1 : 1);
        if (!old) listCounts.set(next.id, { members: 0, followers: 0 });
        return !old ? 'created' : JSON.stringify(old) === JSON.stringify(next) ? 'unchanged' : 'updated';
      }
      case 'delete-list': {
        if (lists.get(change.id) === 'deleted') return 'unchanged';
        dropList(change.id);
        return 'deleted';
      }
      default:
        throw new Error(`the model does not know ${change.kind}`);
    }
  }

  const list = (id: string): PostList | undefined => {
    const found = lists.get(id);
    return found && found !== 'deleted' ? { ...found, ...listCounts.get(id)! } : undefined;
  };

  return {
    apply,
    held: (): readonly Held[] => held,
    list,
    listsOwned: (ownerId: string) =>
      [...lists.keys()]
        .flatMap((id) => list(id) ?? [])
        .filter((one) => one.ownerId === ownerId)
        .sort((a, b) => Number(b.id) - Number(a.id)),
    dropPost: (id: string) => drop(({ kind, to }) => isOfPost(kind) && to === id),
    dropPerson(id: string) {
      for (const [listId, found] of lists) if (found !== 'deleted' && found.ownerId === id) dropList(listId);
      drop(({ kind, from, to }) => {
        const isPersonTo = kind === 'follow' || kind === 'mute' || kind === 'block' || kind === 'list-member';
        return (kind !== 'list-member' && from === id) || (isPersonTo && to === id);
      });
    },
  };
}
