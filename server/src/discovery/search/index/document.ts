import { ENTITIES_MAX, type Entities, type IndexContext, longerNames, type Post } from '#posts';
import { cellOf } from '../query/geo.ts';
import { METRIC_STEPS, type Metric, mark, placeWords, RUN_END, urlWords } from './marks.ts';
import { type FoldMode, fold } from './tokenise.ts';

/**
 * A post as search sees it: two runs of tokens with one space between. The index stores exactly these, and the
 * predicate looks into exactly these, which is why the two agree.
 */
export type Document = { words: string; marks: string };

/**
 * In `search`, a repost has no words, tags, mentions or addresses: since 2026-05-04 X's keyword search returns no
 * reposts, while `is:retweet` beside `from:` and the like still does. In `stream` it has its own and those of `more`
 * (the original, whose text a repost cuts off, and the quoted post).
 */
export function documentOf(
  post: Post,
  context: IndexContext,
  mode: FoldMode,
  more: readonly (Post | undefined)[] = [],
): Document {
  const isRepost = post.references.some(({ type }) => type === 'retweeted');
  const speaks = mode === 'stream' || !isRepost;
  let words = speaks ? fold(textOf(post), mode) : '';
  if (mode === 'stream') {
    for (const other of more) if (other) words += ` ${TEXT_END} ${fold(textOf(other), mode)}`;
  }
  const marks = [
    mark.any,
    mark.from(post.authorId),
    mark.conversation(post.conversationId),
    mark.language(post.lang),
  ];
  markRelations(post, context, marks);
  markEntities(post.text, post.entities, speaks, mode, marks);
  const { longText } = post;
  if (longText?.entities) markEntities(longText.text, longText.entities, speaks, mode, marks);
  markFlags(post, context, isRepost, marks);
  markMetrics(post, marks);
  markTopics(post, mode, marks);
  if (post.geo) markPlace(post, context, mode, marks);
  if (context.refusesAiTraining) marks.push(mark.refusesAiTraining);
  if (context.refusesRedistribution) marks.push(mark.refusesRedistribution);
  return { words, marks: marks.join(' ') };
}

/** Stands between two texts and is no token of either: a phrase does not reach from one into the next. */
export const TEXT_END = '\n';

function textOf(post: Post): string {
  return post.longText?.text ?? post.text;
}

function markRelations(post: Post, context: IndexContext, marks: string[]): void {
  if (post.inReplyToPersonId !== undefined) marks.push(mark.to(post.inReplyToPersonId));
  if (context.repostedAuthorId !== undefined) marks.push(mark.retweetsOf(context.repostedAuthorId));
  for (const { type, id } of post.references) {
    if (type === 'replied_to') marks.push(mark.inReplyTo(id));
    else if (type === 'retweeted') marks.push(mark.retweetOf(id));
    else marks.push(mark.quoteOf(id));
  }
}

function markEntities(
  text: string,
  entities: Entities,
  speaks: boolean,
  mode: FoldMode,
  marks: string[],
): void {
  if (speaks) {
    for (const { tag } of firstOf(entities.hashtags)) marks.push(mark.hashtag(tag, mode));
    for (const { tag } of firstOf(entities.cashtags)) marks.push(mark.cashtag(tag));
    for (const mention of firstOf(entities.mentions)) {
      marks.push(mark.mention(mention.username));
      // A person of a longer name may come later: `@jean-luc.p` is found by all that it may mean.
      for (const name of longerNames(text, mention)) marks.push(mark.mention(name));
    }
    for (const { url, expandedUrl, unwoundUrl } of firstOf(entities.urls)) {
      pushRun(urlWords(url, mode), marks);
      if (expandedUrl && expandedUrl !== url) pushRun(urlWords(expandedUrl, mode), marks);
      if (unwoundUrl && unwoundUrl !== expandedUrl) pushRun(urlWords(unwoundUrl, mode), marks);
    }
  }
  for (const { normalizedText } of firstOf(entities.annotations))
    marks.push(mark.entity(normalizedText, mode));
}

function markFlags(post: Post, context: IndexContext, isRepost: boolean, marks: string[]): void {
  const { entities, longText } = post;
  const has = (kind: 'hashtags' | 'cashtags' | 'mentions' | 'urls'): boolean =>
    (entities[kind]?.length ?? 0) > 0 || (longText?.entities?.[kind]?.length ?? 0) > 0;
  const hasMedia = (post.mediaKeys?.length ?? 0) > 0;
  const isReply =
    post.inReplyToPersonId !== undefined || post.references.some(({ type }) => type === 'replied_to');
  if (isRepost) marks.push(FLAG.retweet);
  if (isReply) marks.push(FLAG.reply);
  if (post.references.some(({ type }) => type === 'quoted')) marks.push(FLAG.quote);
  if (context.authorVerified) marks.push(FLAG.verified);
  if (post.nullcast) marks.push(FLAG.nullcast);
  if (has('hashtags')) marks.push(FLAG.hashtags);
  if (has('cashtags')) marks.push(FLAG.cashtags);
  if (has('mentions')) marks.push(FLAG.mentions);
  if (has('urls') || hasMedia) marks.push(FLAG.links);
  if (hasMedia) marks.push(FLAG.media);
  if (context.media.images) marks.push(FLAG.images);
  if (context.media.videos) marks.push(FLAG.videos);
  if (post.geo?.placeId !== undefined || post.geo?.coordinates !== undefined) marks.push(FLAG.geo);
}

const FLAG = {
  retweet: mark.flag('is:retweet'),
  reply: mark.flag('is:reply'),
  quote: mark.flag('is:quote'),
  verified: mark.flag('is:verified'),
  nullcast: mark.flag('is:nullcast'),
  hashtags: mark.flag('has:hashtags'),
  cashtags: mark.flag('has:cashtags'),
  mentions: mark.flag('has:mentions'),
  links: mark.flag('has:links'),
  media: mark.flag('has:media'),
  images: mark.flag('has:images'),
  videos: mark.flag('has:videos'),
  geo: mark.flag('has:geo'),
} as const;

function markMetrics({ metrics }: Post, marks: string[]): void {
  if (metrics.likes > 0) pushSteps('min_likes', metrics.likes, marks);
  if (metrics.replies > 0) pushSteps('min_replies', metrics.replies, marks);
  if (metrics.reposts > 0) pushSteps('min_reposts', metrics.reposts, marks);
}

function pushSteps(field: Metric, count: number, marks: string[]): void {
  for (const step of METRIC_STEPS) {
    if (count < step) return;
    marks.push(mark.metric(field, step));
  }
}

function markTopics({ contextAnnotations }: Post, mode: FoldMode, marks: string[]): void {
  for (const { domain, entity } of firstOf(contextAnnotations)) {
    marks.push(
      mark.context(domain.id, entity.id),
      mark.contextDomain(domain.id),
      mark.contextEntity(entity.id),
      mark.entity(entity.name, mode),
    );
  }
}

function markPlace(post: Post, { place }: IndexContext, mode: FoldMode, marks: string[]): void {
  const cell = cellOf(post, place);
  if (cell !== undefined) marks.push(mark.cell(cell));
  if (post.geo?.placeId !== undefined) marks.push(mark.placeId(post.geo.placeId));
  if (!place) return;
  if (place.countryCode) marks.push(mark.country(place.countryCode));
  pushRun(placeWords(place.fullName, mode), marks);
  if (place.name !== undefined) pushRun(placeWords(place.name, mode), marks);
}

function pushRun(run: string, marks: string[]): void {
  if (run !== '') marks.push(run, RUN_END);
}

/** Entities beyond the posts' module's limit are not marked. */
function firstOf<T>(list: readonly T[] | undefined): readonly T[] {
  if (list === undefined) return [];
  return list.length > ENTITIES_MAX ? list.slice(0, ENTITIES_MAX) : list;
}
