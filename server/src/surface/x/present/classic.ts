import type { Entities, Person, Post } from '#posts';
import type { NewsPost } from '#webhooks';

/**
 * Posts and persons in the form of X's API before version 2, in which account activity still tells of them. Only fields
 * for which there is data; those that clients read without asking are null where there is none.
 */
export type May = (kind: 'post' | 'person', id: string) => boolean;

/** Ids are numbers there, with all their digits. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
const number = (id: string | undefined) => (id === undefined ? null : rawJson(String(BigInt(id))));

/** `Wed Oct 10 20:19:24 +0000 2018`. @param ms Unix milliseconds. */
export function classicTime(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${date} ${time} +0000 ${year}`;
}

export function classicPerson(person: Person): Record<string, unknown> {
  const { metrics } = person;
  return {
    id: number(person.id),
    id_str: person.id,
    name: person.name,
    screen_name: person.username,
    location: person.location ?? null,
    url: person.url ?? null,
    description: person.description || null,
    protected: person.protected,
    verified: person.verified,
    followers_count: metrics.followers,
    friends_count: metrics.following,
    listed_count: metrics.listed,
    favourites_count: metrics.likes ?? 0,
    statuses_count: metrics.posts,
    created_at: person.createdAt === undefined ? null : classicTime(person.createdAt),
    profile_image_url_https: person.profileImageUrl ?? null,
    ...(person.profileBannerUrl === undefined ? {} : { profile_banner_url: person.profileBannerUrl }),
  };
}

/** What of the person whose token it is `account/verify_credentials` shows beside the person. */
export type AccountParts = {
  withEntities: boolean;
  withEmail: boolean;
  /** The whole text of the status, as `full_text` (`tweet_mode=extended`). */
  isExtended: boolean;
  status?: Post;
};

/** X's user object of v1.1 for the person themselves. No e-mail address is confirmed here: X says null for none. */
export function classicAccount(person: Person, parts: AccountParts): Record<string, unknown> {
  const { url, description } = person.entities ?? {};
  const { withEntities, withEmail, status } = parts;
  return {
    ...classicPerson(person),
    default_profile: person.profileBannerUrl === undefined && person.profileImageUrl === undefined,
    default_profile_image: person.profileImageUrl === undefined,
    withheld_in_countries: person.withheld?.countryCodes ?? [],
    ...(withEntities
      ? {
          entities: {
            ...(person.url ? { url: { urls: classicUrls(url?.urls) } } : {}),
            description: { urls: classicUrls(description?.urls) },
          },
        }
      : {}),
    ...(status ? { status: accountStatus(status, parts) } : {}),
    ...(withEmail ? { email: null } : {}),
  };
}

/** The person stands around it, and what it names does not come along. */
function accountStatus(post: Post, { withEntities, isExtended }: AccountParts): Record<string, unknown> {
  const { user, entities, text, extended_tweet, ...rest } = classicPost(
    { post, author: undefined, named: new Map() },
    () => false,
  );
  const { longText } = post;
  return {
    ...rest,
    ...(isExtended ? { full_text: longText?.text ?? text } : { text }),
    ...(withEntities
      ? { entities: isExtended && longText ? classicEntities(longText.entities ?? {}) : entities }
      : {}),
  };
}

/** The shorter form beside direct messages, by id. */
export function messagePerson(person: Person): Record<string, unknown> {
  return {
    id: person.id,
    ...(person.createdAt === undefined ? {} : { created_timestamp: String(person.createdAt) }),
    name: person.name,
    screen_name: person.username,
    ...(person.location ? { location: person.location } : {}),
    ...(person.description ? { description: person.description } : {}),
    ...(person.url ? { url: person.url } : {}),
    protected: person.protected,
    verified: person.verified,
    followers_count: person.metrics.followers,
    friends_count: person.metrics.following,
    statuses_count: person.metrics.posts,
    ...(person.profileImageUrl ? { profile_image_url_https: person.profileImageUrl } : {}),
  };
}

/** @param may what was recorded as delivered; of an author who was not, the id alone is told. */
export function classicPost({ post, author, named }: NewsPost, may: May): Record<string, unknown> {
  const reference = (type: Post['references'][number]['type']) =>
    post.references.find((one) => one.type === type)?.id;
  const show = (id: string | undefined) => {
    const one = id === undefined || !may('post', id) ? undefined : named.get(id);
    return one && classicPost(one, may);
  };
  const answered = reference('replied_to');
  const quoted = reference('quoted');
  const [quotedStatus, repeated] = [show(quoted), show(reference('retweeted'))];
  const answeredName = post.entities.mentions?.find(({ id }) => id === post.inReplyToPersonId)?.username;
  return {
    created_at: classicTime(post.createdAt),
    id: number(post.id),
    id_str: post.id,
    text: post.text,
    ...(post.displayTextRange ? { display_text_range: post.displayTextRange } : {}),
    source: post.source ?? '',
    truncated: false,
    in_reply_to_status_id: number(answered),
    in_reply_to_status_id_str: answered ?? null,
    in_reply_to_user_id: number(post.inReplyToPersonId),
    in_reply_to_user_id_str: post.inReplyToPersonId ?? null,
    in_reply_to_screen_name: post.inReplyToPersonId === undefined ? null : (answeredName ?? null),
    user:
      author && may('person', author.id)
        ? classicPerson(author)
        : { id: number(post.authorId), id_str: post.authorId },
    coordinates: post.geo?.coordinates ? { type: 'Point', coordinates: post.geo.coordinates } : null,
    ...(repeated ? { retweeted_status: repeated } : {}),
    is_quote_status: quoted !== undefined,
    ...(quoted === undefined ? {} : { quoted_status_id: number(quoted), quoted_status_id_str: quoted }),
    ...(quotedStatus ? { quoted_status: quotedStatus } : {}),
    quote_count: post.metrics.quotes,
    reply_count: post.metrics.replies,
    retweet_count: post.metrics.reposts,
    favorite_count: post.metrics.likes,
    entities: classicEntities(post.entities),
    ...(post.longText
      ? {
          extended_tweet: {
            full_text: post.longText.text,
            entities: classicEntities(post.longText.entities ?? {}),
          },
        }
      : {}),
    possibly_sensitive: post.sensitive,
    lang: post.lang,
    timestamp_ms: String(post.createdAt),
    edit_history: { initial_tweet_id: post.editHistory[0] ?? post.id, edit_tweet_ids: post.editHistory },
  };
}

const at = ({ start, end }: { start: number; end: number }) => [start, end];

function classicUrls(urls: Entities['urls']): object[] {
  return (urls ?? []).map((one) => ({
    url: one.url,
    expanded_url: one.expandedUrl ?? one.url,
    display_url: one.displayUrl ?? one.url,
    indices: at(one),
  }));
}

export function classicEntities({ hashtags, cashtags, mentions, urls }: Entities): Record<string, unknown> {
  return {
    hashtags: (hashtags ?? []).map((one) => ({ text: one.tag, indices: at(one) })),
    urls: classicUrls(urls),
    user_mentions: (mentions ?? []).map((one) => ({
      screen_name: one.username,
      ...(one.id === undefined ? {} : { id: number(one.id), id_str: one.id }),
      indices: at(one),
    })),
    symbols: (cashtags ?? []).map((one) => ({ text: one.tag, indices: at(one) })),
  };
}
