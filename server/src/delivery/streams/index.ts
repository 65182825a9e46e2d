export { TIMING, type Timing } from './connection.ts';
export { STREAM_REACH_MS } from './news.ts';
export * from './port.ts';
export { openStreams, type StreamsOptions } from './streams.ts';
