import { Problem } from '#kernel';
import { DIALECT_SETTINGS, type DialectSetting, type Terms } from './port.ts';
import type { Registry } from './registry.ts';
import type { TermsStore } from './store.ts';

/** @param given undefined for the default. @throws Problem `body-invalid` for what is no setting. */
export function checkDialect(given: string | undefined): DialectSetting {
  if (given === undefined) return 'auto';
  const setting = DIALECT_SETTINGS.find((one) => one === given);
  if (setting) return setting;
  throw new Problem('body-invalid', {
    detail: `The dialect of an app is one of ${DIALECT_SETTINGS.join(', ')}, not "${given.slice(0, 64)}".`,
  });
}

type Parts = { registry: Registry; store: TermsStore };

/** Apps' dialects: their settings, on disk before they hold, and what each app showed last, written once, at the end. */
export function createDialects({
  registry,
  store,
}: Parts): Pick<Terms, 'setApp' | 'dialectOf' | 'noteDialect'> & { keep(): Promise<void> } {
  return {
    async setApp(tenant, id, change) {
      const { appId, licenseeId, name, createdAt } = registry.app(tenant, id);
      const app = { appId, licenseeId, name, createdAt, dialect: checkDialect(change.dialect) };
      await store.change(licenseeId, { updateApp: app });
      registry.updateApp(app);
      return app;
    },
    dialectOf: registry.dialectOf,
    noteDialect: registry.noteDialect,
    async keep() {
      for (const { licenseeId, appId, lastDialect } of registry.notedDialects())
        await store.noteDialect(licenseeId, appId, lastDialect);
    },
  };
}
