import { type Clock, DAY_MS, FIRST_SNOWFLAKE, firstIdAt, ID_MAX, idTime } from '#kernel';
import type { EventReader, NetworkEvent, PostReader, PostWriter } from '#posts';
import type { EventFeed } from './event-feed.ts';
import type { Matcher } from './matcher.ts';
import type { Rule } from './port.ts';
import type { PostFeed } from './post-feed.ts';
import { isSelected } from './select.ts';

/** What is older when it comes here is an import, no news; recovery reaches back as far. */
export const STREAM_REACH_MS = DAY_MS;
/** Posts matched in one turn of the event loop: some milliseconds. */
const TURN_POSTS = 50;
/** Ids of older posts read in one go. */
const PAGE_POSTS = 100;
/** Readings of events that are shared until the next event. */
const PAGES_MAX = 32;
const NO_RULES: readonly Rule[] = [];

/** Brings every new post, and word of every new event, to the feeds that want it. */
export type StreamNews = {
  posts: Set<PostFeed>;
  events: Set<EventFeed>;
  /** Brings the posts since a moment again, as fast as the reader takes them. */
  recover(feed: PostFeed, from: number, until: number | undefined): Promise<void>;
  /** Reads events for feeds: those that have come equally far share one reading. */
  readEvents: EventReader['events'];
};

export function createStreamNews(parts: {
  posts: PostReader & EventReader;
  writer: Pick<PostWriter, 'onTouched'>;
  matcher: Matcher;
  clock: Clock;
}): StreamNews {
  const { posts: reader, matcher, clock } = parts;
  const posts = new Set<PostFeed>();
  const events = new Set<EventFeed>();
  let waiting: string[] = [];
  let isWorking = false;
  let pages = new Map<string, NetworkEvent[]>();

  /** `undefined`: the connection does not want it. */
  function wanted(
    { connection, stream }: PostFeed,
    id: string,
    byApp: Map<string, Rule[]>,
  ): readonly Rule[] | undefined {
    if (stream.selection.of === 'rules') return byApp.get(connection.appId);
    return isSelected(id, stream.selection) ? NO_RULES : undefined;
  }

  parts.writer.onTouched(({ created, people, lastEvent }) => {
    if (people.length > 0) matcher.forgetNames();
    if (lastEvent !== undefined) {
      pages = new Map();
      for (const feed of events) feed.push(lastEvent);
    }
    if (posts.size === 0 || created.length === 0) return;
    const oldest = clock.now() - STREAM_REACH_MS;
    for (const id of created) if (BigInt(id) >= FIRST_SNOWFLAKE && idTime(id) >= oldest) waiting.push(id);
    work();
  });

  /** In turns, so that an import of a million posts stops nobody's call. */
  function work(): void {
    if (isWorking || waiting.length === 0) return;
    isWorking = true;
    setImmediate(() => {
      isWorking = false;
      if (posts.size === 0) waiting = [];
      for (const id of waiting.splice(0, TURN_POSTS)) {
        const byApp = matcher.matches(id);
        for (const feed of posts) {
          const found = wanted(feed, id, byApp);
          if (found) feed.push(id, found);
        }
      }
      work();
    });
  }

  return {
    posts,
    events,
    async recover(feed, from, until) {
      let afterId = firstIdAt(from) - 1n;
      const beforeId = until === undefined ? ID_MAX : firstIdAt(until);
      for (;;) {
        await feed.room();
        if (feed.connection.isOver) return;
        const ids = reader.between({ afterId, beforeId, limit: PAGE_POSTS });
        for (const id of ids) {
          const found = wanted(feed, id, matcher.matches(id));
          if (found) feed.bring(id, found);
        }
        if (ids.length < PAGE_POSTS) break;
        afterId = BigInt(ids.at(-1)!);
        await new Promise((resolve) => setImmediate(resolve));
      }
      feed.caughtUp(until !== undefined);
    },
    readEvents(page) {
      const key = `${page.after} ${page.limit} ${page.kinds}`;
      const known = pages.get(key) ?? reader.events(page);
      if (pages.size >= PAGES_MAX) pages.clear();
      pages.set(key, known);
      return known;
    },
  };
}
