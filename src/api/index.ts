export { accountActivity } from './activity.ts';
export { operations } from './endpoints/index.ts';
export { openApi } from './openapi.ts';
export { API_VERSION } from './reply.ts';
export { type ApiDeps, registerApi } from './routes.ts';
