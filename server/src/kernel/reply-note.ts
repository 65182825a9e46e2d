import type { Problem } from './problem.ts';

/**
 * What a reply's log line, its metrics and its trace say beside route and status. It is kept on the reply object itself: a
 * map beside it would cost on every call.
 */
const CAUSE = Symbol('cause of a refusal');
const APP = Symbol('app of a caller');

type Noted = { [CAUSE]?: string; [APP]?: string };

export type ReplyNote = { cause?: string; app?: string };

/** Only fixed words of our own become causes: a cause is a label of metrics, and is never text of a request. */
const CAUSE_WORD = /^[a-z][a-z0-9_-]{0,39}$/i;

/** Notes why a reply refuses: the problem's code, and its `reason` if it has one (`client-forbidden/missing-scope`). */
export function noteRefusal(reply: object, { code, fields }: Pick<Problem, 'code' | 'fields'>): void {
  const { reason } = fields;
  noteCause(reply, typeof reason === 'string' && CAUSE_WORD.test(reason) ? `${code}/${reason}` : code);
}

/** The same for a refusal that is no Problem, such as OAuth's `invalid_grant`. @param cause one of a fixed list of words. */
export function noteCause(reply: object, cause: string): void {
  (reply as Noted)[CAUSE] = cause;
}

/** Notes for which app a request is answered. */
export function noteApp(reply: object, appId: string): void {
  (reply as Noted)[APP] = appId;
}

/** What was noted about a reply so far. */
export function notesOf(reply: object): ReplyNote {
  const { [CAUSE]: cause, [APP]: app } = reply as Noted;
  return { cause, app };
}
