import type { ChangeOutcome } from '../model/change.ts';
import { checkDoc, checkPerson, checkThing, isPositiveId, keyOf } from '../model/check.ts';
import { defaultPerson } from '../model/defaults.ts';
import { noteNames } from '../model/names.ts';
import {
  PERSON_METRICS,
  type Person,
  type PersonField,
  type PersonMetrics,
  type Preferences,
} from '../model/person.ts';
import type { Media, Place, Poll } from '../model/post.ts';
import { isWithheld } from '../policy/visibility-policy.ts';
import { decodePerson, encodePerson, foldUsername } from '../store/codec.ts';
import { addBackfill } from './backfill.ts';
import { recordPersonEvents } from './person-events.ts';
import { refused, type WriteContext } from './write-context.ts';

/** Creates a person, or replaces what is stored of one. See `Change` for what an upsert may not lift. */
export function upsertPerson(
  tx: WriteContext,
  given: Person,
  unsaid: readonly PersonField[] = [],
): ChangeOutcome {
  const reason = checkPerson(given);
  if (reason) return refused('invalid', reason);
  const row = tx.rows.person(given.id);
  if (row && row[0] === null)
    return refused('deleted', 'this person was deleted, and what was deleted stays deleted');
  const old = row?.[0] ? decodePerson(row[0]) : undefined;
  return store(tx, old ? replace(old, given, unsaid) : given, old);
}

function replace(old: Person, given: Person, unsaid: readonly PersonField[]): Person {
  const next: Record<string, unknown> = { ...given };
  // One of whom only restrictions are known has nothing else to keep.
  if (old.username !== '') {
    for (const field of unsaid) if (isWhole(field)) next[field] = old[field];
    const counts = unsaid.filter((field) => !isWhole(field)).map((field) => field.slice('metrics.'.length));
    if (counts.length > 0 && !unsaid.includes('metrics')) next.metrics = keepCounts(old, given, counts);
  }
  const person = next as Person;
  return {
    ...person,
    protected: old.protected || person.protected,
    state: person.state === 'active' ? old.state : person.state,
    withheld: isWithheld(old.withheld) && !isWithheld(person.withheld) ? old.withheld : person.withheld,
    preferences: {
      search: old.preferences.search && person.preferences.search,
      aiTraining: old.preferences.aiTraining && person.preferences.aiTraining,
      redistribution: old.preferences.redistribution && person.preferences.redistribution,
    },
  };
}

const isWhole = (field: PersonField): field is keyof Person => !field.startsWith('metrics.');

/** In one fixed order, so that equal persons are equal texts. */
function keepCounts(old: Person, given: Person, unsaid: readonly string[]): PersonMetrics {
  const counts: Partial<PersonMetrics> = {};
  for (const name of PERSON_METRICS) {
    const count = (unsaid.includes(name) ? old : given).metrics[name];
    if (count !== undefined) counts[name] = count;
  }
  return counts as PersonMetrics;
}

/** Alters one restriction. Of somebody who is not here yet it is kept for when they come. */
export function setStanding(tx: WriteContext, id: string, alter: (person: Person) => void): ChangeOutcome {
  if (!isPositiveId(id)) return refused('invalid', 'id is not an id');
  const row = tx.rows.person(id);
  if (row && row[0] === null)
    return refused('deleted', 'this person was deleted, and what was deleted stays deleted');
  const old = row?.[0] ? decodePerson(row[0]) : undefined;
  const person = old ? { ...old, preferences: { ...old.preferences } } : defaultPerson(id);
  alter(person);
  return store(tx, person, old);
}

export function setPreferences(person: Person, given: Partial<Preferences>): void {
  for (const name of ['search', 'aiTraining', 'redistribution'] as const) {
    person.preferences[name] = given[name] ?? person.preferences[name];
  }
}

function store(tx: WriteContext, person: Person, old: Person | undefined): ChangeOutcome {
  const doc = encodePerson(person);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  if (old && encodePerson(old) === doc) return { status: 'unchanged' };
  const username = person.username === '' ? null : foldUsername(person.username);
  const ownedName = old !== undefined && tx.rows.ownUsername(person.id)?.[0] != null;
  takeUsername(tx, person.id, username, old);
  const ownsName = username !== null && !(old && keepsLostName(person, old, ownedName));
  tx.rows.putPerson(person.id, ownsName ? username : null, doc);
  noteNames(tx, old && { person: old, ownsName: ownedName }, { person, ownsName });
  recordPersonEvents(tx, person, old);
  tx.standings.delete(person.id);
  tx.touched.people.add(person.id);
  if (!old) tx.counters.people += 1;
  if (mark(person) !== mark(old) && tx.rows.hasPosts(person.id) !== undefined) {
    addBackfill(tx, 'author', person.id);
  }
  return { status: old ? 'updated' : 'created' };
}

/** A name belongs to who took it last: whoever held it is found by it no more. */
function takeUsername(tx: WriteContext, id: string, username: string | null, old: Person | undefined): void {
  if (username === null || (old && foldUsername(old.username) === username)) return;
  const holder = tx.rows.usernameHolder(username)?.[0];
  if (holder === undefined || holder === id) return;
  tx.rows.releaseUsername(username);
  tx.touched.people.add(holder);
  const doc = tx.rows.person(holder)?.[0];
  if (!doc) return;
  const person = decodePerson(doc);
  noteNames(tx, { person, ownsName: true }, { person, ownsName: false });
}

/** A change that says nothing about the name must not take it back from who took it since. */
function keepsLostName(person: Person, old: Person, ownedName: boolean): boolean {
  return !ownedName && old.username !== '' && foldUsername(old.username) === foldUsername(person.username);
}

/** What of a person the search index holds with each of their posts. */
function mark(person: Person | undefined): string {
  if (!person) return mark(defaultPerson('0'));
  const { search, aiTraining, redistribution } = person.preferences;
  return [
    person.state,
    person.protected,
    person.verified,
    isWithheld(person.withheld),
    search,
    aiTraining,
    redistribution,
  ].join();
}

const TABLES = { media: 'media', poll: 'polls', place: 'places' } as const;

/** A medium, poll or place, of which posts name the key. */
export function upsertThing(
  tx: WriteContext,
  kind: keyof typeof TABLES,
  thing: Media | Poll | Place,
): ChangeOutcome {
  const reason = checkThing(thing);
  if (reason) return refused('invalid', reason);
  const doc = JSON.stringify(thing);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  const key = keyOf(thing);
  const table = tx.rows[TABLES[kind]];
  const old = table.get(key)?.[0];
  if (old === doc) return { status: 'unchanged' };
  table.put(key, doc);
  const name = `${kind}:${key}`;
  if (isSeenByIndex(thing, old) && tx.rows.hasUses(name) !== undefined) addBackfill(tx, 'thing', name);
  return { status: old === undefined ? 'created' : 'updated' };
}

/** The index knows of a medium its type alone, so that new view counts cost it nothing; of polls it knows nothing. */
function isSeenByIndex(thing: Media | Poll | Place, old: string | undefined): boolean {
  if ('options' in thing) return false;
  return !('mediaKey' in thing) || old === undefined || (JSON.parse(old) as Media).type !== thing.type;
}
