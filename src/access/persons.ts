import { type Clock, Problem, type Vault } from '#kernel';
import { createClients, scopesOfAccess } from './client.ts';
import { createGrants } from './grant.ts';
import { openNonceBook } from './nonce.ts';
import { createSignatures, grantBySignature, type PersonWorld } from './oauth1.ts';
import { openPersonDatabase } from './person-database.ts';
import { type PersonTokens, SCOPES, type Scope } from './person-port.ts';

export type PersonsOptions = {
  /** Path of `persons.db`, or `:memory:`. */
  file: string;
  /** Path of `nonces.db`, or `:memory:`. */
  nonceFile: string;
  vault: Vault;
  clock: Clock;
  world: PersonWorld;
};

export type Persons = ReturnType<typeof openPersons>;

/** Opens what persons allowed apps, and how they sign in. */
export function openPersons({ file, nonceFile, vault, clock, world }: PersonsOptions) {
  const database = openPersonDatabase(file);
  const nonces = openNonceBook(nonceFile);
  const grants = createGrants(database, vault);
  const clients = createClients(database);
  const checkSignature = createSignatures({ nonces, world });

  const tokens: PersonTokens = {
    byBearer(token, now) {
      const grant = grants.byBearer(token, now);
      return grant && mayAct(grant, now) ? grant : undefined;
    },
    bySignature(request, now) {
      const grant = grantBySignature(checkSignature, grants, request, now);
      return grant && mayAct(grant, now) ? grant : undefined;
    },
  };

  /** A token is worth what stands behind it at this moment: the person's account and the app's keys. */
  function mayAct({ appId, personId }: { appId: string; personId: string }, now: number): boolean {
    return world.isAppInForce(appId, now) && world.personById(personId) !== undefined;
  }

  /**
   * The developer's own tokens, as X's portal makes them: both kinds, for a person who need not be asked because the
   * operator was. Without `scopes` they may do all; tokens of OAuth 1.0a never more than the app's access.
   * @throws Problem `not-found` for an unknown app or nobody's account.
   */
  function giveOwnTokens(appId: string, personId: string, scopes: readonly Scope[] = SCOPES) {
    if (!world.appOf(appId))
      throw new Problem('not-found', { detail: `There is no app ${appId.slice(0, 64)}.` });
    if (!world.personById(personId)) throw new Problem('not-found', { detail: 'There is no such person.' });
    const client = clients.byApp(appId);
    const within = client ? scopesOfAccess(client.oauth1Access) : SCOPES;
    const now = clock.now();
    return grants.change(() => ({
      oauth1: grants.giveOAuth1(
        { appId, personId, scopes: scopes.filter((one) => within.includes(one)) },
        now,
      ),
      oauth2: grants.giveOAuth2({ appId, personId, scopes }, now),
    }));
  }

  return {
    tokens,
    clients,
    grants,
    clock,
    world,
    giveOwnTokens,
    close() {
      nonces.close();
      database.close();
    },
  };
}
