import type { PersonCard, PersonWorld } from '#identity';
import type { Person, PostReader } from '#posts';
import { OPERATOR, type Terms } from '#terms';

/** What access asks of terms and posts, which stand below it. */
export function personWorld(
  terms: Pick<Terms, 'consumerOf' | 'callerOfApp' | 'apps' | 'licensees'>,
  posts: Pick<PostReader, 'people' | 'peopleByUsername'>,
): PersonWorld {
  return {
    consumerOf: terms.consumerOf,
    isAppInForce: (appId, now) => terms.callerOfApp(appId, now) !== undefined,
    appOf(appId) {
      const app = terms.apps(OPERATOR).find((one) => one.appId === appId);
      const licensee = app && terms.licensees(app.licenseeId)[0];
      return licensee && { name: app.name, licensee: licensee.name };
    },
    personById: (personId) => cardOf(posts.people([personId])[0]),
    personByUsername: (username) => cardOf(posts.peopleByUsername([username])[0]),
  };
}

/** Undefined for whoever may not sign in, and for one of whom only restrictions are known. */
function cardOf(person: Person | undefined): PersonCard | undefined {
  if (person?.state !== 'active' || person.username === '') return undefined;
  return { id: person.id, username: person.username, name: person.name };
}
