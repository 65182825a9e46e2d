import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOG_LEVELS, type LogSettings } from './log-settings.ts';
import { createLogger } from './logger.ts';

function logged(settings: LogSettings) {
  const lines: string[] = [];
  return { lines, logger: createLogger(settings, { write: (line) => void lines.push(line) }) };
}

test('a level keeps what is less severe out, in each of its ways in', () => {
  const written = LOG_LEVELS.map((level) => {
    const { lines, logger } = logged({ level, format: 'json' });
    for (const one of ['debug', 'info', 'warn', 'error'] as const) logger[one](one);
    logger.log('a warning');
    logger.log('an error', new Error('why'));
    return lines.map((line) => JSON.parse(line).level);
  });
  assert.deepEqual(written, [
    [],
    ['error', 'error'],
    ['warn', 'error', 'warn', 'error'],
    ['info', 'warn', 'error', 'warn', 'error'],
    ['debug', 'info', 'warn', 'error', 'warn', 'error'],
  ]);
});

test('a line of JSON tells level, time, message, fields and the whole cause', () => {
  const { lines, logger } = logged({ level: 'info', format: 'json' });
  const inner = Object.assign(new TypeError('inner'), { code: 'EIO' });
  logger.log('outer', new Error('middle', { cause: inner }));
  logger.info('fields', { status: 200, ok: true, none: undefined, text: 'a b' });
  const [fault, fields] = lines.map((line) => JSON.parse(line));
  assert.match(fault.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(fault.error.message, 'middle');
  assert.match(fault.error.stack, /^ {4}at .*logger\.test\.ts/);
  assert.deepEqual(
    { ...fault.error.cause, stack: '' },
    { type: 'TypeError', message: 'inner', code: 'EIO', stack: '' },
  );
  assert.deepEqual(
    { ...fields, time: '' },
    { level: 'info', time: '', message: 'fields', status: 200, ok: true, text: 'a b' },
  );
});

test('no text can forge a line, colour a terminal or turn its reading direction', () => {
  const { lines, logger } = logged({ level: 'info', format: 'text' });
  const hostile = 'a\n2026-11-29T00:00:00.000Z error forged\u001b[31m\u202e x="1"';
  logger.info(hostile, { field: hostile });
  logger.log('fault', new Error(hostile, { cause: new Error(hostile) }));
  for (const line of lines.join('').split('\n').filter(Boolean)) {
    assert.match(line, /^(\d{4}-[\dT:.-]+Z (info |error) (a\\u000a|fault)| {4}(at |caused by ))/);
    assert.doesNotMatch(line, /[\u0000-\u001f\u202e]/);
  }
});

test('secrets in messages, fields, causes and stacks are taken out, and long texts cut', () => {
  const secret = `parley_${'s'.repeat(43)}`;
  const { lines, logger } = logged({ level: 'debug', format: 'json' });
  logger.warn(`with ${secret}`, { field: secret });
  logger.log('fault', new Error(`with ${secret}`, { cause: secret }));
  const named = new Error('x');
  named.stack = `Error: x\n    at f (/${secret}.ts:1:1)`;
  logger.log('fault', named);
  logger.info('long '.repeat(10_000));
  // A secret that the cut would have halved.
  logger.info(`${'x '.repeat(995)}${secret}`);
  const all = lines.join('');
  assert.ok(!all.includes('sssss'), all.slice(0, 2_000));
  for (const line of lines) assert.ok(line.length < 12_000);
});
