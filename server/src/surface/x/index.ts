export { API_VERSION } from './call/reply.ts';
export { examplesOf } from './document/examples.ts';
export { openApi } from './document/openapi.ts';
export { operations } from './endpoints/index.ts';
export { type ApiDeps, registerApi } from './routes.ts';
export { accountActivity } from './webhook/activity.ts';
export { linkPresenter } from './webhook/link-page.ts';
