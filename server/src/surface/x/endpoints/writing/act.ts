import type { Act, Done } from '#actions';
import { Problem } from '#kernel';
import { body } from '../../answer/body.ts';
import type { OperationContext, OperationDeps, ReadResult } from '../../operation.ts';
import { invalid, invalidRequest } from '../../params/invalid.ts';
import { readBody } from './body.ts';

/**
 * X's own words for what a network refuses, where its clients look for them.
 */
const WORDS: Readonly<Record<string, string>> = {
  'duplicate-content': 'You are not allowed to create a Tweet with duplicate content.',
  'not-visible': 'You attempted to reply to a Tweet that is deleted or not visible to you.',
  'reply-not-allowed':
    'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.',
  'blocked-by': 'You have been blocked from performing this action at the request of this user.',
  blocking: 'You have blocked this user. Unblock them first.',
  'not-author': 'You are not the author of this Tweet.',
  'account-closed':
    'Your account is suspended or does not exist, so it is not permitted to perform this action.',
  'protected-post': 'You are not allowed to Retweet or quote this Tweet: its author protects it.',
  'edit-too-late': 'You are not allowed to edit this Tweet: the 30 minutes for it are over.',
  'edit-not-newest':
    'You are not allowed to edit this Tweet: it was edited already, edit its newest version.',
  'edits-used-up': 'You are not allowed to edit this Tweet: it was edited 5 times.',
  'not-editable': 'You are not allowed to edit this Tweet: Retweets and Tweets with a poll cannot be edited.',
  'text-too-long': 'Your Tweet text is too long: it may weigh 280 characters.',
  'not-conversation-author': 'You are not allowed to hide this reply: you did not start its conversation.',
  'not-a-reply': 'You are not allowed to hide this Tweet: it is not a reply.',
  self: 'You are not allowed to do this to yourself.',
};

/**
 * What operations share that are an act of the person whose token it is: a dry run asks whether the network would refuse
 * it, a real one does it. Nothing is delivered by it. Refusals come with X's words.
 * @param actOf reads the request; throws `invalid-request`.
 * @param answer the answer's `data`.
 */
export function acting(
  actOf: (context: OperationContext<undefined>, deps: OperationDeps) => Act,
  answer: (done: Done, context: OperationContext<undefined>) => object,
  status: 200 | 201 = 200,
) {
  return {
    auth: ['person'],
    writes: true,
    prepare: () => undefined,
    check(context: OperationContext<undefined>, deps: OperationDeps): void {
      const { viewer = '', admission } = context;
      const act = actOf(context, deps);
      // A call that is to be made asks when it is made.
      if (!admission.dryRun) return;
      try {
        deps.network.check(viewer, act);
      } catch (error) {
        throw inWords(error);
      }
    },
    async read(context: OperationContext<undefined>, deps: OperationDeps): Promise<ReadResult> {
      const { viewer = '', admission } = context;
      const act = actOf(context, deps);
      const done = await deps.network.act(viewer, act, admission.caller.appId).catch((error: unknown) => {
        throw inWords(error);
      });
      return said(answer(done, context), status);
    },
  } as const;
}

function inWords(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'forbidden') return error;
  const { reason } = error.fields;
  const detail = typeof reason === 'string' ? WORDS[reason] : undefined;
  return detail === undefined
    ? error
    : new Problem('forbidden', { ...error.fields, detail }, { cause: error });
}

/** X's answer to an act: `{"data":{…}}`. */
function said(data: object, status: 200 | 201 = 200): ReadResult {
  const text = body({ data: JSON.stringify(data) });
  return { groups: [], status, present: () => text };
}

/** The post that a body names, in either dialect. */
export function postIdOf(given: unknown): string {
  const { tweet_id, post_id } = readBody<{ tweet_id?: string; post_id?: string }>('PostId', given);
  const id = tweet_id ?? post_id;
  if (id === undefined) throw absent('tweet_id');
  if (post_id !== undefined && tweet_id !== undefined && post_id !== tweet_id)
    throw invalidRequest([invalid('$.post_id', [post_id], '$.post_id: names another one than $.tweet_id')]);
  return id;
}

export function personIdOf(given: unknown): string {
  return readBody<{ target_user_id: string }>('PersonId', given).target_user_id;
}

function absent(name: string): Problem {
  return invalidRequest([invalid(`$.${name}`, [], `$.${name}: is missing but it is required`)]);
}
