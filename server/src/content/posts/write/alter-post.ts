import type { ChangeOutcome } from '../model/change.ts';
import { checkDoc, checkMetrics, isPositiveId } from '../model/check.ts';
import type { Post, PostMetrics, Withheld } from '../model/post.ts';
import { decodePost, encodePost, METRICS } from '../store/codec.ts';
import type { PostRow } from '../store/rows.ts';
import { KIND, STATE } from '../store/sqlite-schema.ts';
import { rewrite } from './rewrite-post.ts';
import { postRow, refused, type WriteContext } from './write-context.ts';

/** Sets counts as the network says, up or down. */
export function setMetrics(tx: WriteContext, id: string, metrics: Partial<PostMetrics>): ChangeOutcome {
  const reason = isPositiveId(id) ? checkMetrics(metrics) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  return alterPost(tx, id, (post) => {
    post.metrics = { ...post.metrics };
    for (const name of METRICS) post.metrics[name] = metrics[name] ?? post.metrics[name];
  });
}

/** Withholds a post with all its versions: an order against the words is one against their older wording. */
export function withholdPost(tx: WriteContext, id: string, withheld: Withheld | null): ChangeOutcome {
  if (!isPositiveId(id)) return refused('invalid', 'id is not an id');
  const set = (post: Post) => {
    post.withheld = withheld ?? undefined;
  };
  const named = alterPost(tx, id, set);
  if (named.status === 'refused' || !tx.anyEdits) return named;
  const others = tx.rows
    .chain(id)
    .flatMap(([version]) => (version === id ? [] : [alterPost(tx, version, set)]));
  return others.find(({ status }) => status === 'updated') ?? named;
}

/** Hides a reply with all its versions, or shows it again. */
export function hideReply(tx: WriteContext, id: string, hidden: boolean): ChangeOutcome {
  const row = isPositiveId(id) ? postRow(tx, id) : undefined;
  const denied = !isPositiveId(id) ? refused('invalid', 'id is not an id') : denyAlter(row);
  if (denied) return denied;
  if (row && !(row.kind & KIND.reply))
    return refused('conflict', 'this post answers nothing, so nobody hides it');
  const chain = tx.anyEdits ? tx.rows.chain(id).map(([version]) => version) : [];
  let changed = false;
  for (const version of chain.length > 0 ? chain : [id]) {
    const one = tx.rows.post(version);
    const state = one?.doc ? (hidden ? one.state | STATE.hidden : one.state & ~STATE.hidden) : one?.state;
    if (!one || state === undefined || state === one.state) continue;
    tx.rows.setState(state, version);
    changed = true;
  }
  return { status: changed ? 'updated' : 'unchanged' };
}

function denyAlter(row: PostRow | undefined): ChangeOutcome | undefined {
  if (!row) return refused('unknown', 'this post is not here');
  return row.doc === null
    ? refused('deleted', 'this post was deleted, and what was deleted stays deleted')
    : undefined;
}

/** Alters a stored post. @param alter sets fields of the post anew and changes nothing inside the old ones. */
export function alterPost(tx: WriteContext, id: string, alter: (post: Post) => void): ChangeOutcome {
  const row = postRow(tx, id);
  const denied = denyAlter(row);
  if (denied || !row?.doc) return denied ?? refused('unknown', 'this post is not here');
  const post = decodePost(id, row.authorId, row.doc, [id]);
  const before = { ...post };
  alter(post);
  const doc = encodePost(post);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  if (doc === row.doc) return { status: 'unchanged' };
  tx.touched.posts.add(id);
  rewrite(tx, post, doc, before, row.state);
  return { status: 'updated' };
}
