import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Json } from './api.ts';

/** A stream's reader over a real socket, without any client's comfort. */
export type StreamReader = {
  status: number;
  headers: IncomingMessage['headers'];
  /** Everything that came, as it came. */
  text(): string;
  /** Resolves with the parsed lines once there are so many, or the stream ended. */
  lines(count: number): Promise<Json[]>;
  /** Resolves when the text so far satisfies the test, or the stream ended. */
  until(test: (text: string) => boolean): Promise<string>;
  ended: Promise<void>;
  /** Stops taking bytes. */
  pause(): void;
  resume(): void;
  /** As a cable that is cut: nothing is said, the socket is gone. */
  cut(): void;
};

/** @param userAgent what the reader calls itself; nothing unless said. */
export function openReader(
  base: string,
  path: string,
  bearer: string,
  userAgent?: string,
): Promise<StreamReader> {
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = request(
      `${base}${path}`,
      {
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
        },
        agent: false,
      },
      (response) => resolve(readerOf(asked, response)),
    );
    asked.on('error', reject);
    asked.end();
  });
}

function readerOf(asked: ClientRequest, response: IncomingMessage): StreamReader {
  let text = '';
  let isOver = false;
  let wake: (() => void)[] = [];
  const changed = () => {
    for (const one of wake.splice(0)) one();
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    changed();
  });
  const ended = new Promise<void>((resolve) => {
    response.on('close', () => {
      isOver = true;
      changed();
      resolve();
    });
  });
  response.on('error', () => undefined);
  asked.on('error', () => undefined);
  const until = async (test: (text: string) => boolean): Promise<string> => {
    while (!test(text) && !isOver)
      await new Promise<void>((resolve) => {
        wake = [...wake, resolve];
      });
    return text;
  };
  const parsed = () =>
    text
      .split('\r\n')
      .slice(0, -1)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Json);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    async lines(count) {
      await until(() => parsed().length >= count);
      return parsed();
    },
    until,
    ended,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    cut: () => void asked.destroy(),
  };
}
