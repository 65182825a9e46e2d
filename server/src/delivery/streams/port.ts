/** The words of streams as types. Times are Unix ms, ids decimal strings. */
import type { Problem } from '#kernel';
import type { Audience, NetworkEvent, NetworkEventKind, Post } from '#posts';
import type { Admission, Charge, Group } from '#terms';

/** A stream rule of an app. `value` is in the query language. */
export type Rule = { id: string; value: string; tag?: string };

export type RuleInput = { value: string; tag?: string };

/** What became of one rule that was to be added. */
export type RuleOutcome =
  | { status: 'added'; rule: Rule }
  /** The app has a rule with this value, or the same request named it before. */
  | { status: 'duplicate'; value: string; id: string }
  | { status: 'invalid'; value: string; details: string[] };

/** Every app's rules, on disk before a call that changes them returns. */
export type RuleBook = {
  list(appId: string): readonly Rule[];
  count(appId: string): number;
  /** With `dryRun` nothing is kept. Throws Problem `rule-cap` when the app would have more than `limits.rules`. */
  add(
    appId: string,
    given: readonly RuleInput[],
    limits: { rules: number; ruleLength: number },
    dryRun: boolean,
  ): RuleOutcome[];
  /** Takes away those that it finds by id or value; returns them. */
  remove(
    appId: string,
    by: { ids: readonly string[]; values: readonly string[] } | 'all',
    dryRun: boolean,
  ): Rule[];
  close(): void;
};

export const STREAM_NAMES = [
  'filtered_stream',
  'firehose_stream',
  'sample10_stream',
  'sample_stream',
  'tweets_compliance_stream',
  'users_compliance_stream',
] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

/** What a connection is to get. A partition is one of so many parts, from 1. */
export type Selection =
  | { of: 'rules' }
  | { of: 'sample'; percent: number; partition?: number; partitions?: number }
  | { of: 'all'; partition: number; partitions: number };

/** One post for one connection, with the rules that it matches (none for a sample). */
export type StreamDelivery = { post: Post; rules: readonly Rule[] };

/** Deliveries gathered and ready to be charged for; `lines` writes what the charge kept, one text a delivery. */
export type Presented = {
  groups: readonly Group[];
  lines(kept: Pick<Charge, 'kept' | 'dropped'>): string[];
};

/** Where a connection's bytes go. What is written may wait in it; `waiting` says how much. */
export type Sink = {
  write(text: string): void;
  /** Bytes that the reader has not taken yet. */
  waiting(): number;
  /** Writes the last text and closes. */
  end(text: string): void;
};

/** Posts: from the moment when they are new here, each charged for before it is sent. */
export type PostStream = {
  selection: Selection;
  present(deliveries: readonly StreamDelivery[]): Presented;
};

/** Events that licensees must follow, in their order; they cost nothing beyond the call that opens the stream. */
export type EventStream = {
  kinds: readonly NetworkEventKind[];
  partition: number;
  partitions: number;
  /** The line of one event, with its end; empty for one of which there is nothing to say. */
  line(event: NetworkEvent): string;
};

/** Which stream, and what of it. */
export type WantedStream = { stream: StreamName } & (PostStream | EventStream);

export type OpenStream = WantedStream & {
  admission: Admission;
  audience: Audience;
  /** Of the call that opened it; `index` is its entry's. */
  opened: { index: number; method: string; target: string };
  remote: string;
  sink: Sink;
  /** From when on posts (at most a day back) or events (as long as they are kept) are brought again; where it ends. */
  from?: number;
  until?: number;
  /** The in-stream form of why it ends. */
  farewell(why: DisconnectReason): string;
};

export type DisconnectReason =
  | { because: 'operational'; detail: string }
  | { because: 'refused'; problem: Problem };

export type StreamClaim = {
  /** @returns what its transport calls when the reader is gone. */
  open(request: OpenStream): { id: string; gone(): void };
  release(): void;
};

export type ConnectionInfo = {
  id: string;
  stream: StreamName;
  remote: string;
  connectedAt: number;
  disconnectedAt?: number;
  disconnectReason?: string;
};

export type Streams = {
  rules: RuleBook;
  /**
   * Takes a place for one more connection to a stream, of a stream in partitions to this one, or says why there is none. Whoever has a place opens or releases it: while
   * the call that opens a stream is being recorded, nobody else gets its place.
   */
  claim(admission: Admission, wanted: WantedStream): Problem | StreamClaim;
  /** Newest first; of those that ended only the latest are remembered, and none over a restart. */
  connections(appId: string): ConnectionInfo[];
  /** Ends those of the app's connections that are chosen; returns their ids. */
  end(appId: string, chosen: (connection: ConnectionInfo) => boolean): string[];
  /** Open connections, and posts and events delivered since the start. */
  state(): { connections: number; delivered: number };
  /** For who brings posts another way: which rules match a post, of apps that are kept or have an open filtered stream. */
  matching: {
    keep(appId: string): void;
    drop(appId: string): void;
    of(postId: string): ReadonlyMap<string, readonly Rule[]>;
  };
  /** Ends all connections and opens no more: before the server waits for what is under way. */
  stop(): void;
  /** Stops, and closes the rules' file. */
  close(): Promise<void>;
};
