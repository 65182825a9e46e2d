/** Upper bounds of the latency histogram's buckets, in seconds; what is slower counts in the last one alone. */
export const BUCKETS_SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
const BUCKETS_MS = BUCKETS_SECONDS.map((seconds) => seconds * 1000);

/** Distinct causes of one route; far more than the catalogue has. Beyond it they count as `other`. */
const CAUSES_MAX = 64;

/** Replies of one route since the start, counted without a library: this is on every reply's path. */
export class RouteStats {
  readonly method: string;
  /** The pattern, `/2/tweets/:id`; never an address that was asked for. */
  readonly route: string;
  /** A stream's reply ends when its reader goes: its length says nothing of how fast we are. */
  readonly streams: boolean;
  readonly byStatus = new Map<number, number>();
  readonly byCause = new Map<string, number>();
  /** Replies within each bucket, not summed up; the last one is for all that were slower. */
  readonly buckets = new Array<number>(BUCKETS_MS.length + 1).fill(0);
  sumMs = 0;
  count = 0;

  constructor(method: string, route: string, streams = false) {
    this.method = method;
    this.route = route;
    this.streams = streams;
  }

  /** @param ms from the first byte of the request's head to the last of the reply handed to the system. */
  add(status: number, ms: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (this.streams) return;
    let at = 0;
    while (at < BUCKETS_MS.length && ms > BUCKETS_MS[at]!) at += 1;
    this.buckets[at]! += 1;
    this.sumMs += ms;
    this.count += 1;
  }

  refuse(cause: string): void {
    const known = this.byCause.has(cause) || this.byCause.size < CAUSES_MAX ? cause : 'other';
    this.byCause.set(known, (this.byCause.get(known) ?? 0) + 1);
  }
}

/** Statistics of all routes, by method and pattern. */
export type RequestStats = {
  route(method: string | readonly string[], route: string, streams?: boolean): RouteStats;
  all(): Iterable<RouteStats>;
};

export function createRequestStats(): RequestStats {
  const routes = new Map<string, RouteStats>();
  return {
    route(method, route, streams) {
      const label = typeof method === 'string' ? method : method.length > 2 ? 'other' : method.join('|');
      const key = `${label} ${route}`;
      const found = routes.get(key) ?? new RouteStats(label, route, streams);
      routes.set(key, found);
      return found;
    },
    all: () => routes.values(),
  };
}
