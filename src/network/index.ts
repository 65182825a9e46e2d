export { type NetworkOptions, type OpenNetwork, openNetwork } from './network.ts';
export type * from './port.ts';
export type { NetworkSettings, Settings } from './settings.ts';
export type { FollowRequest } from './store-sqlite.ts';
