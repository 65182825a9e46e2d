import type { Operator } from '#identity';
import { type App, type Licensee, OPERATOR } from '#terms/port';
import type { Parley } from '../../main.ts';
import { nearest } from '../../nearest.ts';
import { CommandError } from './command.ts';
import { plain } from './table.ts';

/** What is echoed of a name that was typed. */
const SHOWN_LENGTH_MAX = 64;
/** Ids that a refusal lists for one name. */
const SAME_NAME_SHOWN = 5;

/** The licensee of that id or name. @throws CommandError when there is none, or more than one of that name. */
export function licenseeNamed({ terms }: Pick<Parley, 'terms'>, typed: string): Licensee {
  return find(typed, 'licensee', terms.licensees(OPERATOR), ({ licenseeId }) => licenseeId);
}

/** The app of that id or name. @throws CommandError when there is none, or more than one of that name. */
export function appNamed({ terms }: Pick<Parley, 'terms'>, typed: string): App {
  return find(typed, 'app', terms.apps(OPERATOR), ({ appId }) => appId);
}

/** The operator of that id, or of that name and not revoked. @throws CommandError when there is none, or more than one of that name. */
export function operatorNamed({ access }: Pick<Parley, 'access'>, typed: string): Operator {
  const all = access.operators();
  const inForce = all.filter(({ operatorId, revokedAt }) => revokedAt === null || operatorId === typed);
  return find(typed, 'operator', inForce, ({ operatorId }) => operatorId);
}

/** An id wins over a name; names are compared without regard to case. */
function find<Entry extends { name: string }>(
  typed: string,
  kind: 'licensee' | 'app' | 'operator',
  all: readonly Entry[],
  idOf: (entry: Entry) => string,
): Entry {
  const byId = all.find((one) => idOf(one) === typed);
  if (byId) return byId;
  const folded = fold(typed);
  const [found, ...others] = all.filter(({ name }) => fold(name) === folded);
  const shown = plain(typed.slice(0, SHOWN_LENGTH_MAX));
  if (found === undefined) {
    const meant = nearest(
      typed,
      all.map(({ name }) => name),
    );
    const hint = meant === undefined ? `See: parley ${kind} list` : `Did you mean "${plain(meant)}"?`;
    throw new CommandError(`There is no ${kind} ${shown}. ${hint}`);
  }
  if (others.length > 0) {
    const ids = [found, ...others].slice(0, SAME_NAME_SHOWN).map(idOf).join(', ');
    throw new CommandError(`${others.length + 1} ${kind}s are called ${shown}. Give an id: ${ids}`);
  }
  return found;
}

function fold(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}
