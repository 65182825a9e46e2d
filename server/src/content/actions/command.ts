import { createHash } from 'node:crypto';
import { FIRST_SNOWFLAKE, isId, Problem } from '#kernel';
import type { PostMedia } from '#media';
import type { Act } from './port.ts';

/** What is handed to the backend, as JSON. `at` is ISO 8601. See docs/guides/writing.md. */
export type BackendCommand = {
  id: string;
  actor: string;
  act: Act;
  at: string;
  /** The app through which the person acts. */
  app?: string;
  /** What the media ids of a post stand for, so that the backend can fetch it. */
  media?: readonly PostMedia[];
};

/** What a backend's answer says, once it was read. */
export type Confirmation = { postId?: string; text?: string; listId?: string; isPending?: boolean };

export type ConfirmationReading =
  | { kind: 'confirmed'; confirmation: Confirmation }
  | { kind: 'refused'; problem: Problem }
  /** It says nothing about the command: asked again. `why` is for the operator. */
  | { kind: 'unknown'; why: string };

/** What an act changes, as far as the order of two of them matters. */
export function subjectOf(act: Act): string {
  switch (act.kind) {
    case 'create-post':
      return act.editOf === undefined ? '' : `post ${act.editOf}`;
    case 'delete-post':
    case 'hide-reply':
      return `post ${act.postId}`;
    case 'repost':
    case 'unrepost':
      return `repost ${act.postId}`;
    case 'relate':
    case 'unrelate':
      return act.relation === 'follow' || act.relation === 'block'
        ? `person ${act.to}`
        : `${act.relation} ${act.to}`;
    case 'create-list':
      return '';
    default:
      return `list ${act.listId}`;
  }
}

/** The same for the same person, app and act. */
export function digestOf(personId: string, act: Act, app: string | undefined): string {
  const fields = Object.entries(act).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([personId, app ?? '', fields]))
    .digest('base64url');
}

/** Words of a refusal that reach a person: a backend can be wrong or taken over, too. */
const DETAIL_LENGTH_MAX = 300;
const REASON = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Statuses by which nothing was decided: the request was not let in, or is to be sent again. */
const NOT_DECIDED = new Set([401, 407, 408, 421, 425, 429]);

/**
 * Reads an answer to a command. Only one that names the command says anything: a gateway, another command's answer and
 * a page of HTML do not. @param isTaken true for an id that cannot be the new post's: somebody else's has it.
 */
export function readAnswer(
  { id, act }: BackendCommand,
  status: number,
  body: Uint8Array,
  isTaken: (postId: string) => boolean,
): ConfirmationReading {
  const answer = jsonOf(body);
  if (answer?.command !== id) return unknown(`answered ${status} without naming the command`);
  if (status >= 200 && status < 300) return readConfirmation(act, answer, isTaken);
  if (status >= 400 && status < 500 && !NOT_DECIDED.has(status))
    return { kind: 'refused', problem: refusalOf(status, answer) };
  return unknown(`answered ${status}`);
}

function readConfirmation(
  act: Act,
  answer: Record<string, unknown>,
  isTaken: (id: string) => boolean,
): ConfirmationReading {
  const post = partOf(answer.post);
  const list = partOf(answer.list);
  const makesPost = act.kind === 'create-post' || act.kind === 'repost';
  if (makesPost && !isNewId(post.id)) return unknown('confirmed a post without a snowflake as its id');
  if (makesPost && isTaken(post.id as string))
    return unknown(`confirmed a post as ${post.id}, which is somebody else's`);
  if (act.kind === 'create-list' && !isNewId(list.id))
    return unknown('confirmed a list without a snowflake as its id');
  return {
    kind: 'confirmed',
    confirmation: {
      ...(makesPost && { postId: post.id as string }),
      ...(makesPost && typeof post.text === 'string' && post.text.isWellFormed() && { text: post.text }),
      ...(act.kind === 'create-list' && { listId: list.id as string }),
      ...(answer.pending === true && { isPending: true }),
    },
  };
}

function isNewId(id: unknown): id is string {
  return typeof id === 'string' && isId(id) && !id.startsWith('0') && BigInt(id) >= FIRST_SNOWFLAKE;
}

function refusalOf(status: number, { reason, detail }: Record<string, unknown>): Problem {
  const words =
    typeof detail === 'string' && detail.isWellFormed()
      ? detail
          .replace(/[\p{Cc}\s]+/gu, ' ')
          .trim()
          .slice(0, DETAIL_LENGTH_MAX)
      : '';
  const fields = {
    ...(words !== '' && { detail: words }),
    ...(typeof reason === 'string' && REASON.test(reason) && { reason }),
  };
  if (status === 404 || status === 410) return new Problem('not-found', fields);
  if (status === 409) return new Problem('conflict', fields);
  return new Problem(
    status === 400 || status === 413 || status === 422 ? 'body-invalid' : 'forbidden',
    fields,
  );
}

function jsonOf(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    return partOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    // No answer to a command; what it was is not for anybody's eyes.
    return undefined;
  }
}

function partOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function unknown(why: string): ConfirmationReading {
  return { kind: 'unknown', why };
}
