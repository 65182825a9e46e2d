/**
 * What X's public document has and a licence for posts does not sell. Each address answers 404 to every method, and says so;
 * without its row it would be taken for something else (`/2/users/personalized_trends` for a person's id).
 */
export type UnsupportedEndpoint = { path: string; what: string };

function of(what: string, ...paths: readonly string[]): UnsupportedEndpoint[] {
  return paths.map((path) => ({ path, what }));
}

export const UNSUPPORTED_ENDPOINTS: readonly UnsupportedEndpoint[] = [
  ...of(
    'activity',
    '/2/activity/stream',
    '/2/activity/subscriptions',
    '/2/activity/subscriptions/{subscription_id}',
  ),
  ...of('articles', '/2/articles/draft', '/2/articles/{article_id}/publish'),
  ...of(
    'broadcasts',
    '/2/broadcasts/scheduled',
    '/2/broadcasts/scheduled/{id}',
    '/2/broadcasts/scheduled/{id}/live',
    '/2/broadcasts/{id}/chat',
  ),
  ...of(
    'encrypted chat',
    '/2/chat/conversations',
    '/2/chat/conversations/group',
    '/2/chat/conversations/group/initialize',
    '/2/chat/conversations/{id}',
    '/2/chat/conversations/{id}/events',
    '/2/chat/conversations/{id}/keys',
    '/2/chat/conversations/{id}/members',
    '/2/chat/conversations/{id}/messages',
    '/2/chat/conversations/{id}/messages/delete',
    '/2/chat/conversations/{id}/read',
    '/2/chat/conversations/{id}/typing',
    '/2/chat/media/upload/initialize',
    '/2/chat/media/upload/{id}/append',
    '/2/chat/media/upload/{id}/finalize',
    '/2/chat/media/{id}/{media_hash_key}',
    '/2/users/public_keys',
    '/2/users/{id}/public_keys',
  ),
  ...of('communities', '/2/communities/search', '/2/communities/{id}'),
  ...of('media in messages', '/2/dm_conversations/media/{dm_id}/{media_id}/{resource_id}'),
  ...of('blocking messages alone', '/2/users/{id}/dm/block', '/2/users/{id}/dm/unblock'),
  ...of(
    'streams of likes',
    '/2/likes/compliance/stream',
    '/2/likes/firehose/stream',
    '/2/likes/sample10/stream',
  ),
  ...of(
    'media by key, analytics, subtitles',
    '/2/media',
    '/2/media/analytics',
    '/2/media/subtitles',
    '/2/media/{media_key}',
  ),
  ...of('news', '/2/news/search', '/2/news/{id}'),
  ...of(
    'notes',
    '/2/notes',
    '/2/notes/evaluate',
    '/2/notes/search/notes_written',
    '/2/notes/search/posts_eligible_for_notes',
    '/2/notes/{id}',
  ),
  ...of(
    'spaces',
    '/2/spaces',
    '/2/spaces/by/creator_ids',
    '/2/spaces/search',
    '/2/spaces/{id}',
    '/2/spaces/{id}/buyers',
    '/2/spaces/{id}/tweets',
  ),
  ...of('trends', '/2/trends/by/woeid/{woeid}', '/2/users/personalized_trends'),
  ...of(
    'firehoses of one language',
    '/2/tweets/firehose/stream/lang/en',
    '/2/tweets/firehose/stream/lang/ja',
    '/2/tweets/firehose/stream/lang/ko',
    '/2/tweets/firehose/stream/lang/pt',
  ),
  ...of('history of single posts', '/2/tweets/analytics'),
  ...of('the stream of labels', '/2/tweets/label/stream'),
  ...of('affiliates', '/2/users/{id}/affiliates'),
  ...of(
    'folders of bookmarks',
    '/2/users/{id}/bookmarks/folders',
    '/2/users/{id}/bookmarks/folders/{folder_id}',
  ),
];
