import { Problem } from '#kernel';

/** What the network does not allow, by a name that stays. `reason` of the reply; the text is for people. */
const REFUSALS = {
  'duplicate-content': 'The same words were posted by this person within the last day.',
  'not-visible': 'The post that this one answers or quotes is deleted or not visible to this person.',
  'reply-not-allowed':
    'Who began this conversation limits who can answer, and this person is not among them.',
  'blocked-by': 'The other person has blocked this one.',
  blocking: 'This person has blocked the other one. Unblock first.',
  'not-author': 'The post is somebody else’s.',
  'not-owner': 'The list is somebody else’s.',
  'account-closed': 'This person’s account is suspended, deleted or unknown, so it cannot act.',
  'protected-post': 'The author of this post has protected it: it cannot be repeated or quoted.',
  'not-editable': 'Reposts and posts with a poll cannot be edited.',
  'edit-too-late': 'A post is edited within 30 minutes of its first version.',
  'edit-not-newest': 'This version was edited already; edit the newest one.',
  'edits-used-up': 'A post is edited at most 5 times.',
  'text-too-long':
    'The text is longer than 280 characters as they are counted, and this person cannot write longer posts.',
  'not-conversation-author': 'Only who wrote the first post of a conversation hides its replies.',
  'not-a-reply': 'Only replies can be hidden.',
  'lists-used-up': 'A person has at most 1,000 lists.',
  'members-used-up': 'A list has at most 5,000 members.',
  'pins-used-up': 'A person pins at most 5 lists.',
  self: 'Nobody does this towards themself.',
  'no-tagged-persons': 'This network keeps no tags of persons in media: leave out tagged_user_ids.',
  'no-subscriptions': 'This network has no paid subscriptions, so a post cannot be for subscribers only.',
} as const;

export type RefusalReason = keyof typeof REFUSALS;

/** 403 with the reason's name beside its words. */
export function forbidden(reason: RefusalReason): Problem {
  return new Problem('forbidden', { detail: REFUSALS[reason], reason });
}

export function missing(what: 'post' | 'person' | 'list', id: string): Problem {
  return new Problem('not-found', { detail: `There is no ${what} ${id} that this person can see.` });
}

export function unfit(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}
