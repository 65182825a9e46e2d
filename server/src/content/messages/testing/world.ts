import { createVault, testClock } from '#kernel';
import type { PostMedia } from '#media';
import { defaultPerson, type NetworkEvent, type Person, type RelationKind } from '#posts';
import { type MessagesOptions, openMessages } from '../index.ts';

export const START = Date.parse('2026-11-21T10:00:00.000Z');

/** People, relations and deletions that a test moves by hand, and the messages between them. For tests. */
export function messageWorld(file = ':memory:') {
  const clock = testClock(START);
  const people = new Map<string, Person>();
  const relations = new Set<string>();
  const events: NetworkEvent[] = [];
  const media = new Map<string, PostMedia>();
  /** Messages for which media are kept. */
  const kept = new Set<string>();
  const options: MessagesOptions = {
    file,
    clock,
    vault: createVault(new Uint8Array(32).fill(5)),
    people: { people: (ids) => ids.map((id) => people.get(id)) },
    relations: { isRelated: (kind, from, to) => relations.has(`${kind} ${from} ${to}`) },
    events: {
      events: ({ after = 0n, limit, kinds }) =>
        events.filter(({ seq, kind }) => seq > after && (!kinds || kinds.includes(kind))).slice(0, limit),
      lastEvent: () => events.at(-1)?.seq ?? 0n,
    },
    media: {
      mediaOf(personId, ids) {
        const found = ids.map((id) => media.get(`${personId} ${id}`));
        const missing = ids.find((_id, at) => found[at] === undefined);
        if (missing !== undefined) return { unusable: { id: missing, because: 'unknown' } };
        return { media: found.filter((one) => one !== undefined) };
      },
      keep: (_personId, _ids, { id }) => void kept.add(id),
      release: ({ id }) => void kept.delete(id),
      deleted: ({ id }) => void kept.delete(id),
    },
  };
  let messages = openMessages(options);
  return {
    clock,
    kept,
    /** The person's upload of this id is ready. */
    upload(personId: string, id: string): void {
      media.set(`${personId} ${id}`, {
        mediaKey: `3_${id}`,
        type: 'photo',
        url: `https://p.test/${id}`,
        width: 1,
        height: 1,
      });
    },
    get messages() {
      return messages;
    },
    person(id: string, fields: Partial<Person> = {}): void {
      people.set(id, {
        ...defaultPerson(id),
        username: `person${id}`,
        name: `Person ${id}`,
        ...fields,
      });
    },
    relate(kind: RelationKind, from: string, to: string): void {
      relations.add(`${kind} ${from} ${to}`);
    },
    unrelate(kind: RelationKind, from: string, to: string): void {
      relations.delete(`${kind} ${from} ${to}`);
    },
    /** The account is gone, and the network's events say so. */
    deletePerson(id: string, { told = true } = {}): void {
      people.delete(id);
      if (told)
        events.push({
          seq: BigInt(events.length + 1),
          at: clock.now(),
          kind: 'person-deleted',
          personId: id,
        });
    },
    reopen(): void {
      messages.close();
      messages = openMessages(options);
    },
  };
}
