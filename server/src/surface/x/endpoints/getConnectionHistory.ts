import { decodePage, encodePage } from '#kernel';
import { body } from '../answer/body.ts';
import { operation } from '../operation.ts';
import { foreignToken } from '../params/token.ts';
import { CONNECTION_FIELDS, STREAM_ENDPOINTS, wordSet } from '../vocabulary.ts';

const DEFAULTS = wordSet(['connected_at', 'endpoint_name', 'id']);

export const getConnectionHistory = operation({
  id: 'getConnectionHistory',
  path: '/2/connections',
  tag: 'Streams',
  summary: 'The app’s stream connections',
  about: 'Newest first. Of connections that ended, the latest 100 since the server started are remembered.',
  auth: ['app'],
  parameters: {
    status: {
      name: 'status',
      kind: 'one',
      of: ['active', 'inactive', 'all'],
      fallback: 'active',
      about: 'Those that are open, those that ended, or both.',
    },
    endpoints: {
      name: 'endpoints',
      kind: 'words',
      of: STREAM_ENDPOINTS,
      about: 'Only connections to these.',
    },
    maxResults: {
      name: 'max_results',
      kind: 'integer',
      min: 1,
      max: 100,
      fallback: 10,
      about: 'Connections on a page at most.',
    },
    paginationToken: { name: 'pagination_token', kind: 'token', about: '`next_token` of the page before.' },
    fields: {
      name: 'connection.fields',
      kind: 'words',
      of: CONNECTION_FIELDS,
      about: 'Fields beside the default ones (id, endpoint_name, connected_at).',
    },
  },
  answer: 'ConnectionsAnswer',
  prepare: ({ status, endpoints, maxResults, paginationToken, fields }) => ({
    status,
    endpoints: endpoints && endpoints.set.words.length > 0 ? endpoints.set : undefined,
    limit: maxResults,
    skip: paginationToken === undefined ? 0 : placeOf(paginationToken),
    fields: wordSet([...DEFAULTS.words, ...(fields?.set.words ?? [])]),
  }),
  read({ query: { status, endpoints, limit, skip, fields }, admission }, { streams }) {
    const all = streams.connections(admission.caller.appId).filter((one) => {
      const isActive = one.disconnectedAt === undefined;
      return (
        (status === 'all' || isActive === (status === 'active')) && (!endpoints || endpoints.has(one.stream))
      );
    });
    const page = all.slice(skip, skip + limit).map((one) => {
      const written: Record<string, string | undefined> = {
        client_ip: one.remote,
        connected_at: iso(one.connectedAt),
        disconnect_reason: one.disconnectReason,
        disconnected_at: iso(one.disconnectedAt),
        endpoint_name: one.stream,
        id: one.id,
      };
      return JSON.stringify(Object.fromEntries(Object.entries(written).filter(([name]) => fields.has(name))));
    });
    const next = skip + limit < all.length ? encodePage('connections', [skip + limit]) : undefined;
    const answer = body({ data: page, meta: { result_count: page.length, next_token: next } });
    return { groups: [], present: () => answer };
  },
});

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function placeOf(token: string): number {
  const [skip] = decodePage('connections', token, 'pagination_token');
  return typeof skip === 'number' && skip >= 0 ? skip : foreignToken('pagination_token', token);
}
