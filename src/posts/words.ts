import { createRequire } from 'node:module';
import type twitterText from 'twitter-text';

type Library = typeof twitterText;

const load = createRequire(import.meta.url);
let library: Library | undefined;

/** X's own library for the texts of posts. It takes 20 MiB of every thread that loads it, so it waits for the first text. */
export function words(): Library {
  library ??= load('twitter-text') as Library;
  return library;
}
