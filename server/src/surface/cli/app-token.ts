import type { Scope } from '#identity';
import type { Parley } from '../../main.ts';
import { CommandError, type FolderCommand, list, required, UsageError } from './command.ts';
import { appNamed } from './named.ts';
import { table } from './table.ts';

/** More of an app's tokens than anybody reads; the newest are shown. */
const LISTED_MAX = 1_000;

type Given = {
  appId: string;
  personId: string;
  username: string;
  scopes: readonly string[];
  accessToken: string;
  accessTokenSecret: string;
  bearer: string;
  refreshToken: string | null;
  expiresInSeconds: number;
};

/** The active person of that name. */
export function personNamed(parley: Parley, username: string) {
  const person = parley.access.persons.world.personByUsername(username.replace(/^@/, ''));
  if (!person) throw new CommandError(`nobody here is called ${username} (see: parley person add).`);
  return person;
}

export const appToken: FolderCommand = {
  place: 'folder',
  name: 'app token',
  summary: 'tokens with which an app acts for a person, of both OAuth kinds; shown once',
  args: '<app>',
  options: [
    ['--person <username>', 'for whom'],
    ['--scope <list>', 'rights by X’s names, comma-separated (default all)'],
  ],
  async run(parley, input): Promise<Given> {
    const { SCOPES } = await import('#identity');
    const scopes = list(input, 'scope');
    for (const scope of scopes ?? []) {
      if (!SCOPES.includes(scope as Scope)) {
        throw new UsageError(`--scope takes names out of ${SCOPES.join(', ')}, not "${scope}".`);
      }
    }
    const username = required(input, 'person');
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const person = personNamed(parley, username);
    const { oauth1, oauth2 } = parley.access.persons.giveOwnTokens(
      appId,
      person.id,
      scopes as Scope[] | undefined,
    );
    return {
      appId,
      personId: person.id,
      username: person.username,
      scopes: oauth2.scopes,
      accessToken: oauth1.token,
      accessTokenSecret: oauth1.secret,
      bearer: oauth2.accessToken,
      refreshToken: oauth2.refreshToken ?? null,
      expiresInSeconds: oauth2.expiresInSeconds,
    };
  },
  show: (given: Given) =>
    [
      `app ${given.appId} for @${given.username} (${given.personId})`,
      `access token         ${given.accessToken}`,
      `access token secret  ${given.accessTokenSecret}`,
      `bearer               ${given.bearer}`,
      `refresh token        ${given.refreshToken ?? '—'}`,
      `The bearer works for ${given.expiresInSeconds} seconds. Keep them now: they are not shown again.`,
    ].join('\n'),
};

type Listed = {
  grantId: string;
  personId: string;
  username: string | null;
  via: string;
  scopes: readonly string[];
  createdAt: string;
};

export const appTokens: FolderCommand = {
  place: 'folder',
  name: 'app tokens',
  summary: 'for whom an app may act; with --revoke one of them, or all, ends at once',
  args: '<app>',
  options: [['--revoke <grant>', 'what to end: a grant’s id, or all']],
  async run(parley, input): Promise<Listed[]> {
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const { grants, world } = parley.access.persons;
    const revoke = input.options.revoke;
    if (revoke === 'all') grants.revokeAllOfApp(appId);
    else if (typeof revoke === 'string') {
      if (grants.byId(revoke)?.appId !== appId)
        throw new CommandError(`the app has no grant ${revoke.slice(0, 64)}.`);
      grants.revokeGrant(revoke);
    }
    return grants.ofApp(appId, LISTED_MAX).map((grant) => ({
      grantId: grant.grantId,
      personId: grant.personId,
      username: world.personById(grant.personId)?.username ?? null,
      via: grant.via,
      scopes: grant.scopes,
      createdAt: new Date(grant.createdAt).toISOString(),
    }));
  },
  show: (rows: Listed[]) =>
    table(
      ['grant', 'person', 'username', 'via', 'since', 'scopes'],
      rows.map((row) => [
        row.grantId,
        row.personId,
        row.username,
        row.via,
        row.createdAt,
        row.scopes.join(' '),
      ]),
    ),
};
