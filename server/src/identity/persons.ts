import { type Clock, Problem, type Vault } from '#kernel';
import { createClients, scopesOfAccess } from './client.ts';
import { createGrants } from './grant.ts';
import { openNonceBook } from './oauth1/nonce.ts';
import { createOAuth1 } from './oauth1/request-token.ts';
import { protocolOf } from './oauth1/signature.ts';
import { createSignatures, grantBySignature } from './oauth1/signed-request.ts';
import { createOAuth2 } from './oauth2/oauth2.ts';
import { openPersonDatabase } from './person-database.ts';
import type { PersonWorld } from './person-port.ts';
import { type PersonTokens, SCOPES, type Scope } from './person-port.ts';
import { createHandOff } from './sign-in/hand-off.ts';
import { createPasswords, type SCRYPT_COST } from './sign-in/password.ts';
import { createSessions } from './sign-in/session.ts';
import { createSignIn } from './sign-in/sign-in.ts';

export type PersonsOptions = {
  /** Path of `persons.db`, or `:memory:`. */
  file: string;
  /** Path of `nonces.db`, or `:memory:`. */
  nonceFile: string;
  vault: Vault;
  clock: Clock;
  world: PersonWorld;
  /** Tests take a cheaper one. */
  scryptCost?: typeof SCRYPT_COST;
};

export type Persons = ReturnType<typeof openPersons>;

/** Opens what persons allowed apps, and how they sign in. */
export function openPersons({ file, nonceFile, vault, clock, world, scryptCost }: PersonsOptions) {
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
    endOf(token, now) {
      const kind = grants.kindOfBearer(token, now);
      if (kind === undefined) return undefined;
      const reasons = {
        access: 'suspended-token',
        expired: 'expired-token',
        refresh: 'refresh-token',
      } as const;
      return { reason: reasons[kind] };
    },
    bySignature(request, now) {
      const grant = grantBySignature(checkSignature, grants, request, now);
      return grant && mayAct(grant, now) ? grant : undefined;
    },
    claims(authorization, now) {
      const protocol = protocolOf({ authorization });
      const consumer = protocol && world.consumerOf(protocol.consumerKey, now);
      const token = consumer && grants.byOAuth1Token(protocol.token, now);
      return token?.appId === consumer?.appId ? token?.appId : undefined;
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

  const sessions = createSessions(database);
  const passwords = createPasswords(scryptCost);
  return {
    tokens,
    clients,
    grants,
    clock,
    world,
    vault,
    sessions,
    oauth2: createOAuth2({ database, clients, grants, world }),
    oauth1: createOAuth1({ database, vault, clients, grants, check: checkSignature, world }),
    signIn: createSignIn({ database, vault, clock, world, passwords, sessions }),
    handOff: createHandOff({ database, vault, clock }),
    giveOwnTokens,
    close() {
      nonces.close();
      database.close();
    },
  };
}
