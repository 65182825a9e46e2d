import { type DestinationStream, destination, pino } from 'pino';
import type { LogSettings } from './log-settings.ts';
import { redacted } from './redact.ts';
import { textLine } from './text-line.ts';

export type LogFields = Record<string, string | number | boolean | undefined>;

export type Logger = {
  /** False while a line of `debug` would be thrown away: whoever asks first need not put it together. */
  readonly debugs: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** What modules report: an error with its cause, a warning without one. */
  log(message: string, cause?: unknown): void;
  /** Lines thrown away because standard error took no more. */
  dropped(): number;
  /** Writes what waits. */
  close(): void;
};

/** Waiting for a standard error that is not read; further lines are dropped, and no call waits for the log. */
const WAITING_BYTES_MAX = 4 << 20;
const STDERR = 2;
const MESSAGE_LENGTH_MAX = 2_000;
const STACK_LENGTH_MAX = 8_000;
/** Causes of causes that are told. */
const CAUSES_MAX = 3;

/**
 * The one way to the log. Every text is cut and passed through `redacted`, so that no secret that a message or a cause
 * quotes gets out.
 * @param to takes whole lines; standard error unless given, written beside the event loop.
 */
export function createLogger({ level, format }: LogSettings, to?: { write(line: string): void }): Logger {
  let dropped = 0;
  const out = to ?? standardError(() => (dropped += 1));
  const stream: DestinationStream =
    format === 'json' ? out : { write: (line) => void out.write(textLine(JSON.parse(line))) };
  const inner = pino(
    {
      level,
      base: undefined,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const at = (label: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    if (inner.isLevelEnabled(label)) inner[label](fields ? safe(fields) : {}, cut(message));
  };
  return {
    debugs: inner.isLevelEnabled('debug'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    log(message, cause) {
      const label = cause === undefined ? 'warn' : 'error';
      if (inner.isLevelEnabled(label))
        inner[label](cause === undefined ? {} : { error: described(cause) }, cut(message));
    },
    dropped: () => dropped,
    close() {
      if (!('flushSync' in out)) return;
      try {
        (out as { flushSync(): void }).flushSync();
      } catch {
        // Standard error is gone, or not open yet: nothing can be told any more.
      }
    },
  };
}

function standardError(onDrop: () => void): DestinationStream {
  const stream = destination({ dest: STDERR, sync: false, maxLength: WAITING_BYTES_MAX });
  stream.on('drop', onDrop);
  // A reader that went away must not take the server down.
  stream.on('error', () => {});
  return stream;
}

type Described = { type?: string; message: string; code?: string; stack?: string; cause?: Described };

function described(cause: unknown, depth = 1): Described {
  if (!(cause instanceof Error)) return { message: cut(String(cause)) };
  const { code } = cause as NodeJS.ErrnoException;
  const told: Described = { type: cause.name, message: cut(cause.message) };
  if (typeof code === 'string') told.code = cut(code);
  if (cause.stack !== undefined) told.stack = frames(cause);
  if (cause.cause !== undefined && depth < CAUSES_MAX) told.cause = described(cause.cause, depth + 1);
  return told;
}

/** The stack without the message that it begins with. */
function frames({ stack = '' }: Error): string {
  const at = stack.search(/^ {4}at /m);
  return at < 0 ? '' : redacted(stack.slice(at, at + STACK_LENGTH_MAX));
}

function safe(fields: LogFields): LogFields {
  const kept: LogFields = {};
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) kept[name] = typeof value === 'string' ? cut(value) : value;
  return kept;
}

/** Redacted before it is cut: half a secret would not be known for one. */
function cut(text: string): string {
  return redacted(text.slice(0, 4 * MESSAGE_LENGTH_MAX)).slice(0, MESSAGE_LENGTH_MAX);
}
