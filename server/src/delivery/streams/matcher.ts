import type { PostReader } from '#posts';
import { createRuleIndex, parse, streamContext } from '#search';
import type { Rule } from './port.ts';
import type { RuleListener } from './rule-book.ts';

/** Names that rules speak of and whose ids are remembered until a person changes. */
const NAMES_MAX = 100_000;
/** Longer than any plan's: what was accepted once is read again at every start. */
const RULE_LENGTH_MAX = 100_000;

type Posted = { appId: string; rule: Rule };

/** Which rules of which apps match a post. Only those of apps with an open filtered stream are in the index. */
export type Matcher = RuleListener & {
  /** From here on the app's rules are in use. */
  use(appId: string, rules: readonly Rule[]): void;
  leave(appId: string): void;
  /** The rules that a post matches, by app. */
  matches(id: string): Map<string, Rule[]>;
  /** A person changed: names may belong to others now. */
  forgetNames(): void;
};

export function createMatcher(posts: PostReader): Matcher {
  const names = new Map<string, readonly string[]>();
  const index = createRuleIndex<Posted>({ personIds });
  const indexed = new Map<string, Map<string, Posted>>();

  function personIds(who: string): readonly string[] {
    const known = names.get(who);
    if (known) return known;
    const named = posts.peopleByUsername([who])[0]?.id;
    const ids = /^\d+$/.test(who) ? [who] : [];
    if (named !== undefined && named !== who) ids.push(named);
    if (names.size >= NAMES_MAX) names.clear();
    names.set(who, ids);
    return ids;
  }

  function addToIndex(appId: string, rule: Rule): void {
    const parsed = parse(rule.value, { mode: 'stream', lengthMax: RULE_LENGTH_MAX });
    // It was accepted once; a grammar that got stricter must not stop the others.
    if (!parsed.ok) return;
    const posted = { appId, rule };
    indexed.get(appId)?.set(rule.id, posted);
    index.add(posted, parsed.query);
  }

  return {
    added: (appId, rule) => {
      if (indexed.has(appId)) addToIndex(appId, rule);
    },
    removed(appId, rule) {
      const posted = indexed.get(appId)?.get(rule.id);
      if (posted) index.remove(posted);
      indexed.get(appId)?.delete(rule.id);
    },
    use(appId, rules) {
      if (indexed.has(appId)) return;
      indexed.set(appId, new Map());
      for (const rule of rules) addToIndex(appId, rule);
    },
    leave(appId) {
      for (const posted of indexed.get(appId)?.values() ?? []) index.remove(posted);
      indexed.delete(appId);
    },
    matches(id) {
      const byApp = new Map<string, Rule[]>();
      if (index.size() === 0) return byApp;
      const post = posts.posts([id])[0];
      if (!post || post === 'deleted') return byApp;
      for (const { appId, rule } of index.match(post, streamContext(post, posts))) {
        const found = byApp.get(appId);
        if (found) found.push(rule);
        else byApp.set(appId, [rule]);
      }
      return byApp;
    },
    forgetNames: () => names.clear(),
  };
}
