import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** What a span says of a request: fixed words, patterns and ids of ours, as a log line. */
export type TracedRequest = {
  id: string;
  method: string;
  route: string;
  status: number;
  ms: number;
  app?: string;
  cause?: string;
  /** The header `traceparent` of the request, as it came. */
  parent?: string;
};

export type Tracing = {
  record(request: TracedRequest): void;
  /** Spans since the start: taken by the collector, and lost on the way or thrown away while it took none. */
  state(): { sent: number; lost: number };
  /** Sends what waits, within a bound: a collector that is gone does not hold up the stop. */
  close(): Promise<void>;
};

/** Spans that wait for the collector, under way among them; further ones are thrown away and counted. */
const WAITING_MAX = 2_048;
const BATCH_MAX = 512;
const EVERY_MS = 1_000;
/** One delivery to the collector, with its repeats. */
const EXPORT_MS = 5_000;
const CLOSE_MS = 2_000;
/** A collector that is away is told of once in this time. */
const TOLD_EVERY_MS = 60_000;
/** The whole-version form of W3C's Trace Context, 3.2.2. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Sends one span a request by OTLP over HTTP, as JSON. OpenTelemetry's packages are loaded here and only then. Nothing of it
 * is waited for on a reply's path.
 * @param endpoint the collector's address without `/v1/traces`, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it.
 * @param log told when the collector takes no spans.
 */
export async function openTracing(
  endpoint: string,
  log: (message: string, cause?: unknown) => void,
): Promise<Tracing> {
  const [api, sdk, otlp, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  let taken = 0;
  let sent = 0;
  let lost = 0;
  let toldAt = -Infinity;
  const settle = (count: number, error: unknown): void => {
    if (error === undefined) sent += count;
    else {
      lost += count;
      if (performance.now() - toldAt < TOLD_EVERY_MS) return;
      toldAt = performance.now();
      log(`traces are not taken by ${endpoint}: ${messageOf(error)}`);
    }
  };
  const exporter = counted(
    new otlp.OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: EXPORT_MS }),
    settle,
  );
  const processor = new sdk.BatchSpanProcessor(exporter, {
    maxQueueSize: WAITING_MAX,
    maxExportBatchSize: BATCH_MAX,
    scheduledDelayMillis: EVERY_MS,
    exportTimeoutMillis: 2 * EXPORT_MS,
  });
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME || 'parley' }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('parley');

  function contextOf(parent: string | undefined): Context {
    const match = parent === undefined ? null : TRACEPARENT.exec(parent);
    if (!match) return api.ROOT_CONTEXT;
    const [, traceId = '', spanId = '', flags = ''] = match;
    const traceFlags = Number.parseInt(flags, 16) & api.TraceFlags.SAMPLED;
    return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  }

  return {
    record({ id, method, route, status, ms, app, cause, parent }) {
      if (taken - sent - lost >= WAITING_MAX) {
        taken += 1;
        lost += 1;
        return;
      }
      const end = Date.now();
      const span = tracer.startSpan(
        `${method} ${route}`,
        {
          kind: api.SpanKind.SERVER,
          startTime: end - ms,
          attributes: {
            'http.request.method': method,
            'http.route': route,
            'http.response.status_code': status,
            'parley.request': id,
            ...(app !== undefined && { 'parley.app': app }),
            ...(cause !== undefined && { 'error.type': cause }),
          },
        },
        contextOf(parent),
      );
      if (status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      // What a sampler leaves out is never sent.
      if (span.isRecording()) taken += 1;
      span.end(end);
    },
    state: () => ({ sent, lost }),
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

/** An exporter whose failures are counted and told of here, and not by OpenTelemetry's own way to the console. */
function counted(exporter: SpanExporter, settle: (count: number, error: unknown) => void): SpanExporter {
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, ({ code, error }) => {
        settle(spans.length, code === 0 ? undefined : (error ?? new Error('no reason is given')));
        done({ code: 0 });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/** Without what a collector answered: its body may be anything. */
function messageOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  return typeof code === 'number' ? `it answers ${code}` : (message ?? String(error)).slice(0, 200);
}
