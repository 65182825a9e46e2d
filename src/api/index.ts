export { accountActivity } from './activity.ts';
export { operations } from './endpoints/index.ts';
export { linkPresenter } from './link-page.ts';
export { openApi } from './openapi.ts';
export { API_VERSION } from './reply.ts';
export { type ApiDeps, registerApi } from './routes.ts';
