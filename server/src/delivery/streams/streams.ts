import { type Clock, Problem } from '#kernel';
import type { EventReader, PostReader, PostWriter } from '#posts';
import { streamLimits, type Terms } from '#terms';
import { Connection, type Feed, TIMING, type Timing } from './connection.ts';
import { EventFeed } from './event-feed.ts';
import { createMatcher } from './matcher.ts';
import { createStreamNews } from './news.ts';
import type { ConnectionInfo, EventStream, OpenStream, PostStream, Streams, WantedStream } from './port.ts';
import { PostFeed } from './post-feed.ts';
import { openRuleBook } from './rule-book.ts';

/** Ended connections that are remembered, of one app. */
const HISTORY_MAX = 100;
const TICKS_A_KEEP_ALIVE = 15;

export type StreamsOptions = {
  /** Path of `streams.db`, or `:memory:`. */
  file: string;
  posts: PostReader & EventReader;
  writer: Pick<PostWriter, 'onTouched'>;
  terms: Pick<Terms, 'charge'>;
  clock: Clock;
  log(message: string, cause: unknown): void;
  timing?: Timing;
};

/** What a plan's connections are counted by: each partition by itself, for whoever wants the whole stream needs them all. */
function placeOf(appId: string, wanted: WantedStream): string {
  const { partition } = 'kinds' in wanted ? wanted : { partition: undefined, ...wanted.selection };
  return `${appId} ${wanted.stream} ${partition ?? ''}`;
}

/** Opens the rules, and from then on brings new posts and events to the connections that want them. */
export function openStreams(options: StreamsOptions): Streams {
  const { posts, writer, terms, clock, timing = TIMING, log } = options;
  const open = new Set<Connection>();
  const ended = new Map<string, ConnectionInfo[]>();
  const matcher = createMatcher(posts);
  const rules = openRuleBook({ file: options.file, clock, listener: matcher });
  const news = createStreamNews({ posts, writer, matcher, clock });
  /** Places taken for connections that are being opened, by app, stream and partition. */
  const claims = new Map<string, number>();
  /** Apps whose rules are matched without a connection. */
  const kept = new Set<string>();
  let delivered = 0;
  let isClosed = false;
  const ticker = setInterval(() => {
    const now = performance.now();
    for (const connection of open) connection.tick(now);
  }, timing.keepAliveMs / TICKS_A_KEEP_ALIVE);
  ticker.unref();

  function remember({ info, appId }: Connection): void {
    const history = ended.get(appId) ?? [];
    history.unshift(info);
    ended.set(appId, history.slice(0, HISTORY_MAX));
  }

  function openOne(request: OpenStream): Connection {
    const parts = { terms, clock, timing, log, ended: forget };
    const connection = new Connection(request, parts, (one) =>
      'kinds' in request ? eventFeed(one, request) : postFeed(one, request),
    );
    open.add(connection);
    connection.tick(performance.now());
    return connection;
  }

  function forget(connection: Connection): void {
    const { appId, info } = connection;
    open.delete(connection);
    delivered += connection.delivered;
    remember(connection);
    for (const feed of news.posts) if (feed.connection === connection) news.posts.delete(feed);
    for (const feed of news.events) if (feed.connection === connection) news.events.delete(feed);
    if (info.stream === 'filtered_stream') leaveUnused(appId);
  }

  /** Rules that nobody asks for any more are matched no longer. */
  function leaveUnused(appId: string): void {
    if (kept.has(appId)) return;
    for (const other of open) if (other.appId === appId && other.info.stream === 'filtered_stream') return;
    matcher.leave(appId);
  }

  function postFeed(connection: Connection, stream: OpenStream & PostStream): Feed {
    const { caller } = stream.admission;
    const { postsPerSecond } = streamLimits(caller.agreement.plan);
    const feed = new PostFeed(connection, stream, { posts, terms, clock, postsPerSecond });
    news.posts.add(feed);
    if (stream.selection.of === 'rules') matcher.use(caller.appId, rules.list(caller.appId));
    if (stream.from !== undefined || stream.until !== undefined) {
      feed.hold();
      news
        .recover(feed, stream.from ?? clock.now(), stream.until)
        .catch((error: unknown) => connection.failed(error));
    }
    return feed;
  }

  function eventFeed(connection: Connection, stream: OpenStream & EventStream): Feed {
    const newest = posts.lastEvent();
    const from = stream.from === undefined ? newest : posts.lastEventBefore(stream.from);
    const feed = new EventFeed(connection, stream, news.readEvents, { from, newest });
    news.events.add(feed);
    return feed;
  }

  function stop(): void {
    isClosed = true;
    clearInterval(ticker);
    for (const one of [...open])
      one.end('shutdown', 'This stream has been disconnected for operational reasons.');
  }

  return {
    rules,
    claim({ caller: { appId, agreement } }, wanted) {
      if (isClosed) return new Problem('overloaded');
      const { stream } = wanted;
      const { connections } = streamLimits(agreement.plan);
      const place = placeOf(appId, wanted);
      const waiting = claims.get(place) ?? 0;
      let count = waiting;
      for (const one of open) if (placeOf(one.appId, one.request) === place) count += 1;
      if (count >= connections)
        return new Problem('too-many-connections', { connection_issue: 'TooManyConnections' });
      if (stream === 'filtered_stream' && rules.count(appId) === 0)
        return new Problem('rule-configuration', { connection_issue: 'RuleConfigurationIssue' });
      claims.set(place, waiting + 1);
      let isHeld = true;
      const release = () => {
        if (isHeld) claims.set(place, (claims.get(place) ?? 1) - 1);
        if (claims.get(place) === 0) claims.delete(place);
        isHeld = false;
      };
      return {
        release,
        open(request) {
          release();
          const connection = openOne(request);
          // The house closed while the call was being recorded.
          if (isClosed) stop();
          return { id: connection.info.id, gone: () => connection.gone() };
        },
      };
    },
    connections: (appId) => [
      ...[...open]
        .filter((one) => one.appId === appId)
        .map(({ info }) => info)
        .reverse(),
      ...(ended.get(appId) ?? []),
    ],
    end(appId, chosen) {
      const found = [...open].filter((one) => one.appId === appId && chosen(one.info));
      for (const one of found) one.end('ended by the app', 'This stream has been disconnected on request.');
      return found.map(({ info }) => info.id);
    },
    state: () => ({
      connections: open.size,
      delivered: [...open].reduce((sum, one) => sum + one.delivered, delivered),
    }),
    matching: {
      keep(appId) {
        kept.add(appId);
        matcher.use(appId, rules.list(appId));
      },
      drop(appId) {
        kept.delete(appId);
        leaveUnused(appId);
      },
      of: matcher.matches,
    },
    stop,
    async close() {
      stop();
      rules.close();
    },
  };
}
