import type { Operation } from '../operation.ts';
import type { Parameter } from '../params/parameter.ts';

/** Ids of examples: one post, two persons, one list. Readers put ids of their own platform there. */
export const SAMPLE = {
  post: '1460323737035677698',
  me: '2244994945',
  other: '6253282',
  third: '783214',
  list: '84839422',
  media: '1455952740635586573',
  message: '1146654567674912769',
  webhook: '1146654567674912770',
  job: '1372966999991541762',
  username: 'XDevelopers',
  query: 'coffee lang:en',
} as const;

/** What a parameter of this name is in examples, wherever it stands. */
const BY_NAME: Readonly<Record<string, string | number>> = {
  tweet_id: SAMPLE.post,
  user_id: SAMPLE.other,
  source_user_id: SAMPLE.me,
  target_user_id: SAMPLE.other,
  participant_id: SAMPLE.other,
  list_id: SAMPLE.list,
  media_id: SAMPLE.media,
  event_id: SAMPLE.message,
  webhook_id: SAMPLE.webhook,
  dm_conversation_id: `${SAMPLE.other}-${SAMPLE.me}`,
  endpoint_id: 'filtered_stream',
  partition: 1,
  type: 'tweets',
  username: SAMPLE.username,
  from_date: '202611210900',
  to_date: '202611210930',
};

/** What `{id}` is below the first word of a path. */
const BY_PLACE: Readonly<Record<string, string>> = {
  tweets: SAMPLE.post,
  users: SAMPLE.me,
  lists: SAMPLE.list,
  media: SAMPLE.media,
  compliance: SAMPLE.job,
  dm_conversations: `${SAMPLE.other}-${SAMPLE.me}`,
};

/** A value that a parameter takes: what a newcomer would send first. */
export function sampleOf(
  operation: Pick<Operation, 'path'>,
  parameter: Parameter,
): string | number | string[] {
  const { kind, name } = parameter;
  const place = operation.path.split('/')[2] ?? '';
  if (kind === 'query') return SAMPLE.query;
  if (kind === 'ids') return [BY_PLACE[place]!];
  if (kind === 'usernames') return [SAMPLE.username];
  // The search for persons takes words.
  if (name === 'query') return 'developers';
  return BY_NAME[name] ?? BY_PLACE[place]!;
}

/** A body of each schema that operations take. */
export const BODIES: Readonly<Record<string, object>> = {
  RulesRequest: { add: [{ value: 'coffee has:images', tag: 'coffee pictures' }] },
  UuidsRequest: { uuids: ['0b1f6a3e-7d52-4c7e-9d0a-3f2f6f3c9a10'] },
  NewPost: { text: 'Hello from the API' },
  Hide: { hidden: true },
  PostId: { tweet_id: SAMPLE.post },
  PersonId: { target_user_id: SAMPLE.other },
  NewList: { name: 'Coffee', description: 'People who write about coffee' },
  ListChange: { name: 'Tea' },
  UserId: { user_id: SAMPLE.other },
  ListId: { list_id: SAMPLE.list },
  MediaInitializeRequest: { media_type: 'video/mp4', media_category: 'tweet_video', total_bytes: 1_048_576 },
  MediaMetadataRequest: { id: SAMPLE.media, metadata: { alt_text: { text: 'A cup of coffee' } } },
  MessageRequest: { text: 'Hello' },
  GroupRequest: {
    conversation_type: 'Group',
    participant_ids: [SAMPLE.other, SAMPLE.third],
    message: { text: 'Hello, all' },
  },
  ComplianceJobRequest: { type: 'tweets', name: 'November' },
  WebhookRequest: { url: 'https://example.com/webhook' },
  ReplayRequest: { webhook_id: SAMPLE.webhook, from_date: '202611210900', to_date: '202611210930' },
};

/** Fields of the forms that take files, which are named by `file`. */
export const FORMS: Readonly<Record<string, Readonly<Record<string, string | number | { file: string }>>>> = {
  MediaUploadRequest: { media: { file: 'picture.png' }, media_category: 'tweet_image' },
  MediaAppendRequest: { media: { file: 'part-0' }, segment_index: 0 },
};
