import type { Access, Scope } from '#identity';
import { OPERATOR, type Terms } from '#terms';

/** What a person's token must allow for their account's activity to be told: X's rights for a subscription. */
const NEEDED: readonly Scope[] = ['dm.read', 'dm.write', 'tweet.read', 'users.read'];

/** What webhooks ask of terms and access. */
export function webhookWorld(
  terms: Pick<Terms, 'apps' | 'consumerOf'>,
  { persons }: Pick<Access, 'persons'>,
): {
  secretsOf(appId: string, now: number): { consumerKey: string; secret: string }[];
  isAllowed(appId: string, personId: string): boolean;
} {
  return {
    secretsOf(appId, now) {
      const keys = terms.apps(OPERATOR).find((one) => one.appId === appId)?.keys ?? [];
      return keys
        .toSorted((one, other) => other.createdAt - one.createdAt)
        .flatMap(({ consumerKey }) => {
          const secret = terms.consumerOf(consumerKey, now)?.secret;
          return secret === undefined ? [] : [{ consumerKey, secret }];
        });
    },
    isAllowed: (appId, personId) => persons.grants.holds(appId, personId, NEEDED, persons.clock.now()),
  };
}
