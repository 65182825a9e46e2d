import { type Clock, type Migrations, makeId, openDatabase, Problem, transact } from '#kernel';
import { parse } from '#search';
import type { Rule, RuleBook, RuleInput, RuleOutcome } from './port.ts';

/** X's limit of a tag, in characters. */
const TAG_LENGTH_MAX = 4_096;

/** Hears of changes once they are on disk. */
export type RuleListener = {
  added(appId: string, rule: Rule): void;
  removed(appId: string, rule: Rule): void;
};

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS rules (
  app TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, tag TEXT,
  PRIMARY KEY (app, id), UNIQUE (app, value)) WITHOUT ROWID;
  `,
];

/**
 * Opens `streams.db`. Rules are few and small, so all of them lie in memory too; a change is one transaction that is on
 * disk when it returns.
 */
export function openRuleBook(options: { file: string; clock: Clock; listener: RuleListener }): RuleBook {
  const { clock, listener } = options;
  const db = openDatabase(options.file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL',
    migrations: MIGRATIONS,
  });
  const insert = db.prepare('INSERT INTO rules (app, id, value, tag) VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM rules WHERE app = ? AND id = ?');
  /** By app, then by value. */
  const apps = new Map<string, Map<string, Rule>>();
  for (const row of db.prepare('SELECT app, id, value, tag FROM rules ORDER BY app, length(id), id').all()) {
    const { app, id, value, tag } = row as { app: string; id: string; value: string; tag: string | null };
    rulesOf(app).set(value, tag === null ? { id, value } : { id, value, tag });
  }
  let minted = 0;

  function rulesOf(appId: string): Map<string, Rule> {
    const known = apps.get(appId);
    if (known) return known;
    const rules = new Map<string, Rule>();
    apps.set(appId, rules);
    return rules;
  }

  return {
    list: (appId) => [...(apps.get(appId)?.values() ?? [])],
    count: (appId) => apps.get(appId)?.size ?? 0,
    add(appId, given, limits, dryRun) {
      const rules = rulesOf(appId);
      const added = new Map<string, Rule>();
      const outcomes = given.map((input): RuleOutcome => {
        const { value } = input;
        const known = rules.get(value) ?? added.get(value);
        if (known) return { status: 'duplicate', value, id: known.id };
        const details = mistakesOf(input, limits.ruleLength);
        if (details.length > 0) return { status: 'invalid', value, details };
        minted += 1;
        const rule: Rule = { id: makeId(clock.now(), minted), value };
        if (input.tag !== undefined && input.tag !== '') rule.tag = input.tag;
        added.set(value, rule);
        return { status: 'added', rule };
      });
      if (added.size > 0 && rules.size + added.size > limits.rules)
        throw capExceeded(rules.size, limits.rules);
      if (dryRun || added.size === 0) return outcomes;
      transact(db, () => {
        for (const { id, value, tag } of added.values()) insert.run(appId, id, value, tag ?? null);
      });
      for (const rule of added.values()) {
        rules.set(rule.value, rule);
        listener.added(appId, rule);
      }
      return outcomes;
    },
    remove(appId, by, dryRun) {
      const rules = rulesOf(appId);
      const ids = new Set(by === 'all' ? [] : by.ids);
      const values = new Set(by === 'all' ? [] : by.values);
      const found = [...rules.values()].filter(
        ({ id, value }) => by === 'all' || ids.has(id) || values.has(value),
      );
      if (dryRun || found.length === 0) return found;
      transact(db, () => {
        for (const { id } of found) drop.run(appId, id);
      });
      for (const rule of found) {
        rules.delete(rule.value);
        listener.removed(appId, rule);
      }
      return found;
    },
    close: () => db.close(),
  };
}

function mistakesOf({ value, tag }: RuleInput, lengthMax: number): string[] {
  const parsed = parse(value, { mode: 'stream', lengthMax });
  if (!parsed.ok) return parsed.errors;
  return tag !== undefined && tag.length > TAG_LENGTH_MAX
    ? [`The tag of a rule has at most ${TAG_LENGTH_MAX} characters`]
    : [];
}

function capExceeded(has: number, most: number): Problem {
  return new Problem('rule-cap', {
    detail: `This request would take the app beyond the ${most} rules of its plan; it has ${has}. Nothing was added: delete some first.`,
    cap: most,
    used: has,
  });
}
