import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Vault } from '#kernel';
import type { ComplianceJobStore } from './store-sqlite.ts';

const NAME = 'compliance-urls';
const SECRET_BYTES = 32;

/** What makes the addresses of jobs unguessable: they can be shown again, and none is kept anywhere. */
export type UrlSecret = {
  token(use: 'upload' | 'result', jobId: string): string;
  isToken(use: 'upload' | 'result', jobId: string, token: string): boolean;
};

/** HMAC-SHA-256 under a key that lies sealed beside the jobs: a copy of the folder gives nobody an address. */
export function openUrlSecret(
  store: Pick<ComplianceJobStore, 'secret' | 'putSecret'>,
  vault: Vault,
): UrlSecret {
  let sealed = store.secret(NAME);
  if (!sealed) {
    sealed = vault.seal(NAME, randomBytes(SECRET_BYTES));
    store.putSecret(NAME, sealed);
  }
  const key = vault.open(NAME, sealed);
  const mac = (use: string, jobId: string) => createHmac('sha256', key).update(`${use}:${jobId}`).digest();
  return {
    token: (use, jobId) => mac(use, jobId).toString('base64url'),
    isToken(use, jobId, token) {
      const given = Buffer.from(token, 'base64url');
      const right = mac(use, jobId);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
