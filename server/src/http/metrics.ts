import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Compliance } from '#compliance';
import type { Ledger } from '#ledger';
import type { Outbox } from '#outbox';
import type { PostReader } from '#posts';
import type { Streams } from '#streams';
import type { Logger } from './logger.ts';
import { requestMetrics } from './request-metrics.ts';
import type { RequestStats } from './request-stats.ts';
import { stateMetrics, type Watched } from './state-metrics.ts';
import type { Tracing } from './tracing.ts';

/** What `GET /metrics` answers: Prometheus text format 0.0.4. Every metric is in docs/reference/metrics.md. */
export function createMetrics(
  parley: Watched & {
    posts: Pick<PostReader, 'size'>;
    ledger: Pick<Ledger, 'logs' | 'healthy'>;
    streams: Pick<Streams, 'state'>;
    compliance: Pick<Compliance, 'state'>;
    outbox: Pick<Outbox, 'state'>;
    logger: Pick<Logger, 'dropped'>;
    tracing?: Pick<Tracing, 'state'>;
  },
  stats: RequestStats,
): { text(): Promise<string>; type: string } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({ name, help, registers: [registry], collect: gaugeOf(read) });
  gauge('parley_posts', 'Posts in the store', () => parley.posts.size().posts);
  gauge('parley_people', 'Persons in the store', () => parley.posts.size().people);
  gauge('parley_logs', 'Licensees’ logs', () => parley.ledger.logs().length);
  gauge('parley_ledger_healthy', '1 while calls can be recorded, 0 otherwise', () =>
    parley.ledger.healthy() ? 1 : 0,
  );
  gauge('parley_stream_connections', 'Open streams', () => parley.streams.state().connections);
  gauge(
    'parley_stream_posts',
    'Posts and events delivered by streams since the start',
    () => parley.streams.state().delivered,
  );
  gauge('parley_compliance_jobs', 'Compliance jobs that are not over', () => parley.compliance.state().jobs);
  gauge(
    'parley_compliance_bytes',
    'Bytes of compliance uploads and results',
    () => parley.compliance.state().bytes,
  );
  gauge('parley_outbox_jobs', 'Jobs that wait to be done', () => parley.outbox.state().waiting);
  gauge('parley_outbox_running', 'Jobs under way', () => parley.outbox.state().running);
  new Counter({
    name: 'parley_log_lines_dropped_total',
    help: 'Log lines thrown away since the start because standard error was not read',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(parley.logger.dropped());
    },
  });
  new Counter({
    name: 'parley_trace_spans_total',
    help: 'Spans of requests since the start, by what became of them: sent to the collector, or lost',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(parley.tracing?.state() ?? {}))
        this.inc({ outcome }, count);
    },
  });
  stateMetrics(registry, parley);
  for (const metric of requestMetrics(stats)) registry.registerMetric(metric);
  return { text: () => registry.metrics(), type: registry.contentType };
}

function gaugeOf(read: () => number) {
  return function collect(this: Gauge) {
    this.set(read());
  };
}
