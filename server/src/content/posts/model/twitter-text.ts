import { createRequire } from 'node:module';
import { domainToUnicode } from 'node:url';
import type twitterText from 'twitter-text';

type Library = typeof twitterText;

const load = createRequire(import.meta.url);
let library: Library | undefined;
let topLevels: ReadonlySet<string> | undefined;

/**
 * True if the host of a link without `https://` ends in a top-level domain that IANA has. The library's own list is of 2020
 * and holds 143 that were given up since, words such as `off` and `boots` among them. @param link as the library found it.
 */
export function hasTopLevel(link: string): boolean {
  topLevels ??= new Set(load('tlds') as string[]);
  const host = link.split(/[/?#:]/, 1)[0]!.toLowerCase();
  const last = host.slice(host.lastIndexOf('.') + 1);
  return topLevels.has(last.startsWith('xn--') ? domainToUnicode(last) : last);
}

/** X's own library for the texts of posts. It takes 20 MiB of every thread that loads it, so it waits for the first text. */
export function loadTwitterText(): Library {
  library ??= load('twitter-text') as Library;
  return library;
}
