import { type Clock, DAY_MS, FIRST_SNOWFLAKE, firstIdAt, ID_MAX, idTime, Problem } from '#kernel';
import type { PostReader, PostWriter } from '#posts';
import { createRuleIndex, parse, streamContext } from '#search';
import { streamLimits, type Terms } from '#terms';
import { Connection, TIMING, type Timing } from './connection.ts';
import type { ConnectionInfo, OpenStream, Rule, RuleBook, Streams } from './port.ts';
import { openRuleBook } from './rule-book.ts';
import { isSelected } from './select.ts';

/** What is older when it comes here is an import, no news; recovery reaches back as far. */
export const STREAM_REACH_MS = DAY_MS;
/** Posts matched in one turn of the event loop: some milliseconds. */
const TURN_POSTS = 50;
/** Ids of older posts read in one go. */
const PAGE_POSTS = 100;
/** Ended connections that are remembered, of one app. */
const HISTORY_MAX = 100;
/** Names that rules speak of and whose ids are remembered until a person changes. */
const NAMES_MAX = 100_000;
const TICKS_A_KEEP_ALIVE = 15;
/** Longer than any plan's: what was accepted once is read again at every start. */
const RULE_LENGTH_MAX = 100_000;
const NO_RULES: readonly Rule[] = [];

export type StreamsOptions = {
  /** Path of `streams.db`, or `:memory:`. */
  file: string;
  posts: PostReader;
  writer: Pick<PostWriter, 'onTouched'>;
  terms: Pick<Terms, 'charge'>;
  clock: Clock;
  log(message: string, cause: unknown): void;
  timing?: Timing;
};

type Posted = { appId: string; rule: Rule };

/** Opens the rules, and from then on brings every new post to the connections that want it. */
export function openStreams(options: StreamsOptions): Streams {
  const { posts, clock, timing = TIMING, log } = options;
  const open = new Set<Connection>();
  const ended = new Map<string, ConnectionInfo[]>();
  const names = new Map<string, readonly string[]>();
  const index = createRuleIndex<Posted>({ personIds });
  /** Rules of apps with an open filtered stream: only these are in the index. */
  const indexed = new Map<string, Map<string, Posted>>();
  const rules: RuleBook = openRuleBook({
    file: options.file,
    clock,
    listener: {
      added: (appId, rule) => indexed.has(appId) && addToIndex(appId, rule),
      removed: (appId, rule) => {
        const posted = indexed.get(appId)?.get(rule.id);
        if (posted) index.remove(posted);
        indexed.get(appId)?.delete(rule.id);
      },
    },
  });
  /** Places taken for connections that are being opened, by app and stream. */
  const claims = new Map<string, number>();
  let delivered = 0;
  let news: string[] = [];
  let isWorking = false;
  let isClosed = false;
  const ticker = setInterval(() => {
    const now = performance.now();
    for (const connection of open) connection.tick(now);
  }, timing.keepAliveMs / TICKS_A_KEEP_ALIVE);
  ticker.unref();

  function personIds(who: string): readonly string[] {
    const known = names.get(who);
    if (known) return known;
    const named = posts.peopleByUsername([who])[0]?.id;
    const ids = /^\d+$/.test(who) ? [who] : [];
    if (named !== undefined && named !== who) ids.push(named);
    if (names.size >= NAMES_MAX) names.clear();
    names.set(who, ids);
    return ids;
  }

  function addToIndex(appId: string, rule: Rule): void {
    const parsed = parse(rule.value, { mode: 'stream', lengthMax: RULE_LENGTH_MAX });
    // It was accepted once; a grammar that got stricter must not stop the others.
    if (!parsed.ok) return;
    const posted = { appId, rule };
    indexed.get(appId)?.set(rule.id, posted);
    index.add(posted, parsed.query);
  }

  function useRules(appId: string): void {
    if (indexed.has(appId)) return;
    indexed.set(appId, new Map());
    for (const rule of rules.list(appId)) addToIndex(appId, rule);
  }

  function leaveRules(appId: string): void {
    for (const { appId: other, info } of open)
      if (other === appId && info.stream === 'filtered_stream') return;
    for (const posted of indexed.get(appId)?.values() ?? []) index.remove(posted);
    indexed.delete(appId);
  }

  /** The rules that a post matches, by app. */
  function matches(id: string): Map<string, Rule[]> {
    const byApp = new Map<string, Rule[]>();
    if (index.size() === 0) return byApp;
    const post = posts.posts([id])[0];
    if (!post || post === 'deleted') return byApp;
    for (const { appId, rule } of index.match(post, streamContext(post, posts))) {
      const found = byApp.get(appId);
      if (found) found.push(rule);
      else byApp.set(appId, [rule]);
    }
    return byApp;
  }

  /** `undefined`: the connection does not want it. */
  function wanted(
    { appId, request }: Connection,
    id: string,
    byApp: Map<string, Rule[]>,
  ): readonly Rule[] | undefined {
    if (request.selection.of === 'rules') return byApp.get(appId);
    return isSelected(id, request.selection) ? NO_RULES : undefined;
  }

  options.writer.onTouched(({ created, people }) => {
    if (people.length > 0) names.clear();
    if (open.size === 0 || created.length === 0) return;
    const oldest = clock.now() - STREAM_REACH_MS;
    for (const id of created) if (BigInt(id) >= FIRST_SNOWFLAKE && idTime(id) >= oldest) news.push(id);
    work();
  });

  /** In turns, so that an import of a million posts stops nobody's call. */
  function work(): void {
    if (isWorking || news.length === 0) return;
    isWorking = true;
    setImmediate(() => {
      isWorking = false;
      if (open.size === 0) news = [];
      for (const id of news.splice(0, TURN_POSTS)) {
        const byApp = matches(id);
        for (const connection of open) {
          const found = wanted(connection, id, byApp);
          if (found) connection.push(id, found);
        }
      }
      work();
    });
  }

  /** Brings the posts since a moment again, as fast as the reader takes them. */
  async function recover(connection: Connection, from: number, until: number | undefined): Promise<void> {
    let afterId = firstIdAt(from) - 1n;
    const beforeId = until === undefined ? ID_MAX : firstIdAt(until);
    for (;;) {
      await connection.room();
      if (connection.isOver) return;
      const ids = posts.between({ afterId, beforeId, limit: PAGE_POSTS });
      for (const id of ids) {
        const found = wanted(connection, id, matches(id));
        if (found) connection.bring(id, found);
      }
      if (ids.length < PAGE_POSTS) break;
      afterId = BigInt(ids.at(-1)!);
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.caughtUp(until !== undefined);
  }

  function stop(): void {
    isClosed = true;
    clearInterval(ticker);
    for (const one of [...open])
      one.end('shutdown', 'This stream has been disconnected for operational reasons.');
  }

  function remember({ info, appId }: Connection): void {
    const history = ended.get(appId) ?? [];
    history.unshift(info);
    ended.set(appId, history.slice(0, HISTORY_MAX));
  }

  function openOne(request: OpenStream): { id: string; gone(): void } {
    const connection = new Connection(request, {
      posts,
      terms: options.terms,
      clock,
      timing,
      log,
      ended: (one) => {
        open.delete(one);
        delivered += one.delivered;
        remember(one);
        if (one.info.stream === 'filtered_stream') leaveRules(one.appId);
      },
    });
    open.add(connection);
    if (request.stream === 'filtered_stream') useRules(connection.appId);
    if (request.from !== undefined || request.until !== undefined) {
      connection.hold();
      recover(connection, request.from ?? clock.now(), request.until).catch((error: unknown) => {
        log('stream recovery', error);
        connection.end('service', 'This stream has been disconnected for operational reasons.');
      });
    }
    return { id: connection.info.id, gone: () => connection.gone() };
  }

  return {
    rules,
    claim({ caller: { appId, agreement } }, stream) {
      if (isClosed) return new Problem('overloaded');
      const { connections } = streamLimits(agreement.plan);
      const place = `${appId} ${stream}`;
      const waiting = claims.get(place) ?? 0;
      let count = waiting;
      for (const one of open) if (one.appId === appId && one.info.stream === stream) count += 1;
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
          const opened = openOne(request);
          // The house closed while the call was being recorded.
          if (isClosed) stop();
          return opened;
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
    stop,
    async close() {
      stop();
      rules.close();
    },
  };
}
