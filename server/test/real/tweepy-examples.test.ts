import { test } from 'node:test';
import { examplesOf, operations } from '#x';
import { drive, withoutModule } from './python.ts';

test('the calls that /docs shows for tweepy fit its real signatures', {
  skip: withoutModule('tweepy', 'python3-tweepy'),
}, async (t) => {
  const examples = operations.flatMap((one) => examplesOf(one).filter(({ client }) => client === 'tweepy'));
  // Nothing is asked of any server.
  await drive(
    t,
    'tweepy/examples.py',
    { examples: examples.map(({ code }) => code) },
    { proxy: 1, certFile: '' },
  );
});
