import { blankPerson } from './blank.ts';
import type { ModifiedField } from './event.ts';
import { happen } from './happen.ts';
import type { Person } from './person.ts';
import type { Withheld } from './post.ts';
import type { Work } from './work.ts';

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
export function tellPerson(work: Work, person: Person, old: Person | undefined): void {
  // Nobody was given anything of a person who was not here and wrote nothing.
  if (old || (isRestricted(person) && work.rows.hasPosts(person.id) !== undefined))
    tellStanding(work, person, old ?? blankPerson(person.id));
  if (old && old.username !== '') tellAccount(work, person, old);
}

function isRestricted({ state, protected: hidden, withheld }: Person): boolean {
  return hidden || state !== 'active' || codesOf(withheld).length > 0;
}

/** What ends is told before what begins, so that whoever keeps both in mind ends where we are. */
function tellStanding(work: Work, person: Person, old: Person): void {
  const personId = person.id;
  if (person.state !== old.state) {
    if (old.state === 'suspended') happen(work, { kind: 'person-unsuspended', personId });
    if (old.state === 'deactivated') happen(work, { kind: 'person-undeleted', personId });
    if (person.state === 'suspended') happen(work, { kind: 'person-suspended', personId });
    if (person.state === 'deactivated') happen(work, { kind: 'person-deleted', personId });
  }
  if (person.protected !== old.protected)
    happen(work, { kind: person.protected ? 'person-protected' : 'person-unprotected', personId });
  const countryCodes = codesOf(person.withheld);
  if (countryCodes.join() !== codesOf(old.withheld).join())
    happen(work, { kind: 'person-withheld', personId, countryCodes });
}

function codesOf(withheld: Withheld | undefined): string[] {
  return withheld?.copyright ? [EVERYWHERE] : (withheld?.countryCodes ?? []);
}

function tellAccount(work: Work, person: Person, old: Person): void {
  for (const field of FIELDS) {
    if (person[field] === old[field]) continue;
    happen(work, {
      kind: 'person-modified',
      personId: person.id,
      field,
      value: String(person[field] ?? ''),
    });
  }
}
