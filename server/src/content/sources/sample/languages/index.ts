import type { Language } from '../language.ts';
import { arabic } from './ar.ts';
import { german } from './de.ts';
import { english } from './en.ts';
import { spanish } from './es.ts';
import { hindi } from './hi.ts';
import { indonesian } from './id.ts';
import { japanese } from './ja.ts';
import { javanese } from './jv.ts';
import { portuguese } from './pt.ts';
import { sundanese } from './su.ts';

export const LANGUAGES: readonly Language[] = [
  english,
  indonesian,
  spanish,
  portuguese,
  japanese,
  german,
  hindi,
  arabic,
  javanese,
  sundanese,
];
