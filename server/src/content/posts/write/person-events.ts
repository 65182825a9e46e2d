import { defaultPerson } from '../model/defaults.ts';
import type { ModifiedField } from '../model/event.ts';
import type { Person } from '../model/person.ts';
import type { Withheld } from '../model/post.ts';
import { recordEvent } from './record-event.ts';
import type { WriteContext } from './write-context.ts';

/** X's code for every country, for what is withheld for copyright. */
const EVERYWHERE = 'XX';

const FIELDS: readonly ModifiedField[] = [
  'username',
  'name',
  'description',
  'location',
  'url',
  'profileImageUrl',
  'profileBannerUrl',
  'verified',
  'verifiedType',
];

/** Notes what licensees must hear of a person: what they may be shown of them, and what their account says now. */
export function recordPersonEvents(tx: WriteContext, person: Person, old: Person | undefined): void {
  // Nobody was given anything of a person who was not here and wrote nothing.
  if (old || (isRestricted(person) && tx.rows.hasPosts(person.id) !== undefined))
    tellStanding(tx, person, old ?? defaultPerson(person.id));
  if (old && old.username !== '') tellAccount(tx, person, old);
}

function isRestricted({ state, protected: hidden, withheld }: Person): boolean {
  return hidden || state !== 'active' || codesOf(withheld).length > 0;
}

/** What ends is told before what begins, so that whoever keeps both in mind ends where we are. */
function tellStanding(tx: WriteContext, person: Person, old: Person): void {
  const personId = person.id;
  if (person.state !== old.state) {
    if (old.state === 'suspended') recordEvent(tx, { kind: 'person-unsuspended', personId });
    if (old.state === 'deactivated') recordEvent(tx, { kind: 'person-undeleted', personId });
    if (person.state === 'suspended') recordEvent(tx, { kind: 'person-suspended', personId });
    if (person.state === 'deactivated') recordEvent(tx, { kind: 'person-deleted', personId });
  }
  if (person.protected !== old.protected)
    recordEvent(tx, { kind: person.protected ? 'person-protected' : 'person-unprotected', personId });
  const countryCodes = codesOf(person.withheld);
  if (countryCodes.join() !== codesOf(old.withheld).join())
    recordEvent(tx, { kind: 'person-withheld', personId, countryCodes });
}

function codesOf(withheld: Withheld | undefined): string[] {
  return withheld?.copyright ? [EVERYWHERE] : (withheld?.countryCodes ?? []);
}

function tellAccount(tx: WriteContext, person: Person, old: Person): void {
  for (const field of FIELDS) {
    if (person[field] === old[field]) continue;
    recordEvent(tx, {
      kind: 'person-modified',
      personId: person.id,
      field,
      value: String(person[field] ?? ''),
    });
  }
}
