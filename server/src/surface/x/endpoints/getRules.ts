import { compareIds, decodePage, encodePage, isId } from '#kernel';
import { body } from '../answer/body.ts';
import { operation } from '../operation.ts';
import { foreignToken } from '../params/token.ts';

export const getRules = operation({
  id: 'getRules',
  path: '/2/tweets/search/stream/rules',
  tag: 'Streams',
  summary: 'The rules of the app’s filtered stream',
  about: 'Oldest first. `data` is absent when there are none.',
  auth: ['app'],
  parameters: {
    ids: { name: 'ids', kind: 'ids', max: 1000, about: 'Only these rules.' },
    maxResults: {
      name: 'max_results',
      kind: 'integer',
      min: 1,
      max: 1000,
      fallback: 1000,
      about: 'Rules on a page at most.',
    },
    paginationToken: { name: 'pagination_token', kind: 'token', about: '`next_token` of the page before.' },
  },
  answer: 'RulesAnswer',
  prepare: ({ ids, maxResults, paginationToken }) => ({
    ids: ids && new Set(ids),
    limit: maxResults,
    after: paginationToken === undefined ? undefined : placeOf(paginationToken),
  }),
  read({ query: { ids, limit, after }, admission, now }, { streams }) {
    const all = streams.rules
      .list(admission.caller.appId)
      .filter(({ id }) => (!ids || ids.has(id)) && (after === undefined || compareIds(id, after) > 0))
      .sort((a, b) => compareIds(a.id, b.id));
    const page = all.slice(0, limit);
    const next = page.length < all.length ? encodePage('rules', [page.at(-1)!.id]) : undefined;
    const answer = body({
      data: page.map((rule) => JSON.stringify(rule)),
      meta: { sent: new Date(now).toISOString(), result_count: page.length, next_token: next },
    });
    return { groups: [], present: () => answer };
  },
});

function placeOf(token: string): string {
  const [id] = decodePage('rules', token, 'pagination_token');
  return typeof id === 'string' && isId(id) ? id : foreignToken('pagination_token', token);
}
