export { SANDBOX_ITEMS_PER_DAY } from './admit.ts';
export { agreementBytes, readAgreement } from './agreement.ts';
export { canonicalJson } from './canonical-json.ts';
export { OPERATIONS } from './catalogue.ts';
export { isSandboxKey } from './key.ts';
export { callPrice, includes, price } from './plan.ts';
export * from './port.ts';
export { openTerms } from './terms.ts';
