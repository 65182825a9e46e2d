export {
  BACKOFF_FIRST_MS,
  BACKOFF_MAX_MS,
  DONE_KEPT_MS,
  type OutboxOptions,
  openOutbox,
  RUNNING_A_TENANT_MAX,
  RUNNING_MAX,
  WAITING_A_TENANT_MAX,
  WAITING_EACH_MAX,
} from './outbox.ts';
export type * from './port.ts';
