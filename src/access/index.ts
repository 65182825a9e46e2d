export { openAccess } from './access.ts';
export type { OAuthClient, OAuthClientInput } from './client.ts';
export type { Grant, SignedToken, TokenPair } from './grant.ts';
export type { PersonCard, PersonWorld } from './oauth1.ts';
export * from './person-port.ts';
export type { Persons } from './persons.ts';
export type * from './port.ts';
