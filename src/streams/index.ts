export { TIMING, type Timing } from './connection.ts';
export type * from './port.ts';
export { openStreams, STREAM_REACH_MS, type StreamsOptions } from './streams.ts';
