export { type ActionsOptions, type OpenActions, openActions } from './actions.ts';
export type * from './port.ts';
export type { NetworkSettings, NetworkSettingsStore } from './settings.ts';
export type { FollowRequest } from './store-sqlite.ts';
