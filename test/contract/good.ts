import { operations } from '#api';
import { type Api, checkReply, type Reply, read } from './api.ts';

/** An address that each operation answers with 200. */
export const GOOD: Record<string, string> = {
  getPostsByIds: '/2/tweets?ids=1',
  getPostsById: '/2/tweets/1',
  searchPostsRecent: '/2/tweets/search/recent?query=a1',
  searchPostsAll: '/2/tweets/search/all?query=a1',
  getPostsCountsRecent: '/2/tweets/counts/recent?query=a1&granularity=day',
  getPostsCountsAll: '/2/tweets/counts/all?query=a1&granularity=day',
  getUsersByIds: '/2/users?ids=101',
  getUsersById: '/2/users/101',
  getUsersByUsernames: '/2/users/by?usernames=alice',
  getUsersByUsername: '/2/users/by/username/alice',
  getUsersPosts: '/2/users/101/tweets',
  getUsersMentions: '/2/users/101/mentions',
  getUsage: '/2/usage/tweets',
  streamPosts: '/2/tweets/search/stream',
  streamPostsSample: '/2/tweets/sample/stream',
  streamPostsSample10: '/2/tweets/sample10/stream?partition=1',
  streamPostsFirehose: '/2/tweets/firehose/stream?partition=1',
  getRules: '/2/tweets/search/stream/rules',
  updateRules: '/2/tweets/search/stream/rules',
  getRuleCounts: '/2/tweets/search/stream/rules/counts',
  getConnectionHistory: '/2/connections',
  deleteConnectionsByUuids: '/2/connections',
  deleteAllConnections: '/2/connections/all',
  deleteConnectionsByEndpoint: '/2/connections/sample_stream',
  createComplianceJobs: '/2/compliance/jobs',
  getComplianceJobs: '/2/compliance/jobs?type=tweets',
  getComplianceJobsById: '/2/compliance/jobs/1',
};
/** What is sent to those that take a body. */
const BODIES: Record<string, object> = {
  updateRules: { add: [{ value: 'coffee' }] },
  deleteConnectionsByUuids: { uuids: ['x'] },
  createComplianceJobs: { type: 'tweets' },
};

/** The operation's good address with its own method; streams are asked what they cost, for their answer has no end. */
export async function ask(api: Api, id: string, authorization: string | undefined): Promise<Reply> {
  const { method = 'GET', opens } = operations.find((one) => one.id === id)!;
  const reply = await api.server.inject({
    method,
    url: GOOD[id]!,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(opens ? { 'parley-dry-run': '1' } : {}),
    },
    payload: BODIES[id],
  });
  const result = read(reply);
  checkReply(GOOD[id]!, result, method.toLowerCase());
  return result;
}
