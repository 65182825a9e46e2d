import { randomInt } from 'node:crypto';
import type { Parley } from '../../main.ts';
import { personNamed } from './app-token.ts';
import { CommandError, type FolderCommand, text, UsageError } from './command.ts';

/** What X lets a person choose; names from elsewhere may be longer. */
const USERNAME = /^[A-Za-z0-9_]{1,15}$/;
const NAME_LENGTH_MAX = 50;
const LOW_BITS = 1 << 22;

type Given = { personId: string; username: string; created: boolean; password: string; endsAt: string };

export const personAdd: FolderCommand = {
  place: 'folder',
  name: 'person add',
  summary: 'let a person sign in here: an account if there is none, and a password that works once',
  args: '<username>',
  options: [['--name <name>', 'what a new account is called (default the username)']],
  async run(parley, input): Promise<Given> {
    const username = (input.args[0] ?? '').replace(/^@/, '');
    refuseHandedOff(parley);
    const [known] = parley.posts.peopleByUsername([username]);
    if (known && known.state !== 'active') throw new CommandError(`@${known.username} is ${known.state}.`);
    if (known && parley.access.persons.signIn.hasPassword(known.id)) {
      throw new CommandError(`@${known.username} has a password already (see: parley person password).`);
    }
    const personId = known?.id ?? (await makePerson(parley, username, text(input, 'name')));
    return { ...oneTime(parley, personId, known?.username ?? username), created: !known };
  },
  show: (given: Given) =>
    `@${given.username} (${given.personId}) ${given.created ? 'is new' : 'was here'}.\n${password(given)}`,
};

export const personPassword: FolderCommand = {
  place: 'folder',
  name: 'person password',
  summary: 'a new password that works once; the old one and all sessions end',
  args: '<username>',
  async run(parley, input): Promise<Given> {
    refuseHandedOff(parley);
    const person = personNamed(parley, input.args[0] ?? '');
    return { ...oneTime(parley, person.id, person.username), created: false };
  },
  show: (given: Given) => `@${given.username} (${given.personId})\n${password(given)}`,
};

function oneTime(parley: Parley, personId: string, username: string) {
  const { password, endsAt } = parley.access.persons.signIn.giveOneTimePassword(personId);
  return { personId, username, password, endsAt: new Date(endsAt).toISOString() };
}

function password(given: Given): string {
  return `password  ${given.password}\nIt works once, until ${given.endsAt}, at /sign-in. Then the person chooses one.`;
}

/** A password would be one more way in, which the platform does not know of. */
function refuseHandedOff(parley: Parley): void {
  if (parley.access.persons.handOff.settings()) {
    throw new CommandError('persons sign in at the platform here (see: parley sign-in show).');
  }
}

async function makePerson(parley: Parley, username: string, name = username): Promise<string> {
  if (!USERNAME.test(username)) {
    throw new UsageError('a username is 1 to 15 letters, digits and underscores.');
  }
  if (name.trim() === '' || name.length > NAME_LENGTH_MAX) {
    throw new UsageError(`--name takes 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  const [{ makeId }, { defaultPerson }] = await Promise.all([import('#kernel'), import('#posts')]);
  const now = parley.clock.now();
  const id = makeId(now, randomInt(LOW_BITS));
  const [outcome] = await parley.writer.apply([
    { kind: 'person', person: { ...defaultPerson(id), username, name: name.trim(), createdAt: now } },
  ]);
  if (outcome?.status === 'refused') throw new CommandError(outcome.reason);
  return id;
}
