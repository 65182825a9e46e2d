import type { Operation } from '../../operation.ts';
import { createAccountActivityReplayJob } from './createAccountActivityReplayJob.ts';
import { createAccountActivitySubscription } from './createAccountActivitySubscription.ts';
import { createWebhookReplayJob } from './createWebhookReplayJob.ts';
import { createWebhooks } from './createWebhooks.ts';
import { deleteAccountActivitySubscription } from './deleteAccountActivitySubscription.ts';
import { deleteWebhooks } from './deleteWebhooks.ts';
import { getAccountActivitySubscriptionCount } from './getAccountActivitySubscriptionCount.ts';
import { getAccountActivitySubscriptions } from './getAccountActivitySubscriptions.ts';
import { getWebhooks } from './getWebhooks.ts';
import { validateAccountActivitySubscription } from './validateAccountActivitySubscription.ts';
import { validateWebhooks } from './validateWebhooks.ts';

export const webhooksOperations = [
  createWebhooks,
  getWebhooks,
  validateWebhooks,
  deleteWebhooks,
  createWebhookReplayJob,
  createAccountActivitySubscription,
  validateAccountActivitySubscription,
  getAccountActivitySubscriptions,
  getAccountActivitySubscriptionCount,
  deleteAccountActivitySubscription,
  createAccountActivityReplayJob,
] as unknown as readonly Operation[];
