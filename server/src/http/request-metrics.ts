import type { Metric, MetricValue } from 'prom-client';
import { BUCKETS_SECONDS, type RequestStats, type RouteStats } from './request-stats.ts';

const LATENCY = 'parley_request_seconds';

type Value = MetricValue<string> & { metricName?: string };

/**
 * The figures of `request-stats` as metrics of prom-client's registry: made when they are asked for, for its own counters
 * would look up their labels on every reply.
 */
export function requestMetrics(stats: RequestStats): Metric[] {
  return [
    metric(
      'parley_requests_total',
      'Replies since the start, by route, method and HTTP status',
      'counter',
      () => [...stats.all()].flatMap(repliesOf),
    ),
    metric(
      'parley_refusals_total',
      'Refusals and faults since the start, by route and cause',
      'counter',
      () => [...stats.all()].flatMap(refusalsOf),
    ),
    metric(
      LATENCY,
      'How long requests took until their reply was handed to the system; streams are left out',
      'histogram',
      () => [...stats.all()].flatMap(histogramOf),
    ),
  ];
}

/** What a registry asks of its metrics, which prom-client's types do not say. */
function metric(name: string, help: string, type: string, values: () => Value[]): Metric {
  const told = { name, help, type, aggregator: 'sum' };
  return {
    ...told,
    get: async () => ({ ...told, values: values() }),
    reset: () => {},
  } as unknown as Metric;
}

function repliesOf({ route, method, byStatus }: RouteStats): Value[] {
  return [...byStatus].map(([status, value]) => ({ value, labels: { route, method, status } }));
}

function refusalsOf({ route, method, byCause }: RouteStats): Value[] {
  return [...byCause].map(([cause, value]) => ({ value, labels: { route, method, cause } }));
}

function histogramOf({ route, method, buckets, sumMs, count }: RouteStats): Value[] {
  if (count === 0) return [];
  let within = 0;
  return [
    ...[...BUCKETS_SECONDS, '+Inf'].map((le, at) => {
      within += buckets[at]!;
      return { metricName: `${LATENCY}_bucket`, value: within, labels: { route, method, le } };
    }),
    { metricName: `${LATENCY}_sum`, value: sumMs / 1000, labels: { route, method } },
    { metricName: `${LATENCY}_count`, value: count, labels: { route, method } },
  ];
}
