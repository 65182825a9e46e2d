import type { Operation } from '../../operation.ts';
import { createAccountActivityReplayJob } from './createAccountActivityReplayJob.ts';
import { createAccountActivitySubscription } from './createAccountActivitySubscription.ts';
import { createWebhookReplayJob } from './createWebhookReplayJob.ts';
import { createWebhooks } from './createWebhooks.ts';
import { createWebhooksStreamLink } from './createWebhooksStreamLink.ts';
import { deleteAccountActivitySubscription } from './deleteAccountActivitySubscription.ts';
import { deleteWebhooks } from './deleteWebhooks.ts';
import { deleteWebhooksStreamLink } from './deleteWebhooksStreamLink.ts';
import { getAccountActivitySubscriptionCount } from './getAccountActivitySubscriptionCount.ts';
import { getAccountActivitySubscriptions } from './getAccountActivitySubscriptions.ts';
import { getWebhooks } from './getWebhooks.ts';
import { getWebhooksStreamLinks } from './getWebhooksStreamLinks.ts';
import { validateAccountActivitySubscription } from './validateAccountActivitySubscription.ts';
import { validateWebhooks } from './validateWebhooks.ts';

export const webhooksOperations = [
  createWebhooks,
  getWebhooks,
  validateWebhooks,
  deleteWebhooks,
  createWebhookReplayJob,
  createWebhooksStreamLink,
  getWebhooksStreamLinks,
  deleteWebhooksStreamLink,
  createAccountActivitySubscription,
  validateAccountActivitySubscription,
  getAccountActivitySubscriptions,
  getAccountActivitySubscriptionCount,
  deleteAccountActivitySubscription,
  createAccountActivityReplayJob,
] as unknown as readonly Operation[];
