import { EVENTS_KEPT_MS, type NetworkEvent, type NetworkEventKind } from '#posts';
import { LINE_END } from '../../call/stream-call.ts';
import { operation } from '../../operation.ts';
import type { Parameters } from '../../params/parameter.ts';
import { OPENING, partitionOf, streamSpan } from '../../stream/stream-page.ts';

/** X's number of them; together they are all events. */
const PARTITIONS = 4;

const PARAMETERS = {
  partition: partitionOf(PARTITIONS, 'Which quarter; together they are all events.'),
  backfillMinutes: {
    name: 'backfill_minutes',
    kind: 'integer',
    min: 0,
    max: 5,
    fallback: 0,
    about: 'Begin with the events of the last minutes.',
  },
  startTime: {
    name: 'start_time',
    kind: 'time',
    about: 'Begin with the events since this moment, at most seven days ago. RFC 3339.',
  },
  endTime: {
    name: 'end_time',
    kind: 'time',
    about: 'End with the events of this moment, which has passed; without it the stream goes on live.',
  },
} as const satisfies Parameters;

/** Both compliance streams: the same parameters, other events. */
export function complianceStream(about: {
  id: string;
  path: string;
  stream: 'tweets_compliance_stream' | 'users_compliance_stream';
  kinds: readonly NetworkEventKind[];
  summary: string;
  about: string;
  answer: string;
  /** X's form of an event, without its time; undefined for one of which X has no word. */
  present(event: NetworkEvent, world: { editHistory(postId: string): readonly string[] }): object | undefined;
}) {
  const { id, path, summary, answer, stream, kinds, present } = about;
  return operation({
    id,
    path,
    tag: 'Compliance',
    summary,
    about: about.about,
    auth: ['app'],
    parameters: PARAMETERS,
    answer,
    prepare: ({ partition, backfillMinutes, startTime, endTime }) => ({
      partition,
      backfillMinutes,
      startTime,
      endTime,
    }),
    read: () => OPENING,
    opens: ({ query, now }, { jsonCache }) => ({
      stream,
      kinds,
      partition: query.partition,
      partitions: PARTITIONS,
      ...streamSpan(query, now, EVENTS_KEPT_MS),
      line(event) {
        const data = present(event, {
          editHistory(postId) {
            const [post] = jsonCache.posts([postId]);
            return post && post !== 'deleted' ? post.editHistory : [];
          },
        });
        return data ? `${JSON.stringify({ data })}${LINE_END}` : '';
      },
    }),
  });
}

/** X's form of when it happened. */
export function eventAt({ at }: NetworkEvent): { event_at: string } {
  return { event_at: new Date(at).toISOString() };
}
