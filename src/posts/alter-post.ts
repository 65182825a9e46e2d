import type { Outcome } from './change.ts';
import { checkDoc, checkMetrics, isPositiveId } from './check.ts';
import { decodePost, encodePost, METRICS } from './codec.ts';
import type { Post, PostMetrics, Withheld } from './post.ts';
import { rewrite } from './rewrite-post.ts';
import type { PostRow } from './rows.ts';
import { KIND, STATE } from './sqlite-schema.ts';
import { postRow, refused, type Work } from './work.ts';

/** Sets counts as the network says, up or down. */
export function setMetrics(work: Work, id: string, metrics: Partial<PostMetrics>): Outcome {
  const reason = isPositiveId(id) ? checkMetrics(metrics) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  return alterPost(work, id, (post) => {
    post.metrics = { ...post.metrics };
    for (const name of METRICS) post.metrics[name] = metrics[name] ?? post.metrics[name];
  });
}

/** Withholds a post with all its versions: an order against the words is one against their older wording. */
export function withholdPost(work: Work, id: string, withheld: Withheld | null): Outcome {
  if (!isPositiveId(id)) return refused('invalid', 'id is not an id');
  const set = (post: Post) => {
    post.withheld = withheld ?? undefined;
  };
  const named = alterPost(work, id, set);
  if (named.status === 'refused' || !work.anyEdits) return named;
  const others = work.rows
    .chain(id)
    .flatMap(([version]) => (version === id ? [] : [alterPost(work, version, set)]));
  return others.find(({ status }) => status === 'updated') ?? named;
}

/** Hides a reply with all its versions, or shows it again. */
export function hideReply(work: Work, id: string, hidden: boolean): Outcome {
  const row = isPositiveId(id) ? postRow(work, id) : undefined;
  const denied = !isPositiveId(id) ? refused('invalid', 'id is not an id') : denyAlter(row);
  if (denied) return denied;
  if (row && !(row.kind & KIND.reply))
    return refused('conflict', 'this post answers nothing, so nobody hides it');
  const chain = work.anyEdits ? work.rows.chain(id).map(([version]) => version) : [];
  let changed = false;
  for (const version of chain.length > 0 ? chain : [id]) {
    const one = work.rows.post(version);
    const state = one?.doc ? (hidden ? one.state | STATE.hidden : one.state & ~STATE.hidden) : one?.state;
    if (!one || state === undefined || state === one.state) continue;
    work.rows.setState(state, version);
    changed = true;
  }
  return { status: changed ? 'updated' : 'unchanged' };
}

function denyAlter(row: PostRow | undefined): Outcome | undefined {
  if (!row) return refused('unknown', 'this post is not here');
  return row.doc === null
    ? refused('deleted', 'this post was deleted, and what was deleted stays deleted')
    : undefined;
}

/** Alters a stored post. @param alter sets fields of the post anew and changes nothing inside the old ones. */
export function alterPost(work: Work, id: string, alter: (post: Post) => void): Outcome {
  const row = postRow(work, id);
  const denied = denyAlter(row);
  if (denied || !row?.doc) return denied ?? refused('unknown', 'this post is not here');
  const post = decodePost(id, row.authorId, row.doc, [id]);
  const before = { ...post };
  alter(post);
  const doc = encodePost(post);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  if (doc === row.doc) return { status: 'unchanged' };
  work.touched.posts.add(id);
  rewrite(work, post, doc, before, row.state);
  return { status: 'updated' };
}
