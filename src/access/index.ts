export { openAccess } from './access.ts';
export type { OAuthClient, OAuthClientInput } from './client.ts';
export type { Grant, SignedToken, TokenPair } from './grant.ts';
export type { OAuth2 } from './oauth2.ts';
export * from './person-port.ts';
export type { Persons } from './persons.ts';
export type * from './port.ts';
export { type AccessRoutesDeps, accessRoutes } from './routes.ts';
export { basicPair, bodyParameters, sendTokenAnswer } from './token-routes.ts';
