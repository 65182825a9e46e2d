import { before, describe, test } from 'node:test';
import { untilSuiteEnds } from '../contract/api.ts';
import { drive, type Way, withoutModule } from './python.ts';
import { type Seeded, seed } from './seeded.ts';

const missing =
  withoutModule('tweepy', 'python3-tweepy') ||
  withoutModule('tweepy.asynchronous', 'python3-aiohttp or python3-async-lru');

describe('a platform that was filled from the command line', { skip: missing, timeout: 1_200_000 }, () => {
  const until = untilSuiteEnds();
  let given: Seeded;
  let way: Way;
  before(async () => {
    ({ given, way } = await seed(until));
  });

  test('gives tweepy all that its own suite asks for', (t) => drive(t, 'tweepy/suite.py', given, way));

  test('gives tweepy the same asynchronously', (t) => drive(t, 'tweepy/asynchronous.py', given, way));

  test('answers what twarc2 asks, in its way', (t) => drive(t, 'twarc/habits.py', given, way));
});
