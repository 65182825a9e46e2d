import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testWorld } from '#test/world';
import type { Progress } from './command.ts';
import { importCommand } from './import.ts';
import { fillWithSample } from './sample.ts';

const around = (told: Progress[] = []) => ({
  progress: (one: Progress) => void told.push(one),
  signal: new AbortController().signal,
});

test('a file that is not there is told in one line, and columns that are left out in one of their own', async (t) => {
  const world = await testWorld(t);
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'a.csv'), 'id,username,text,mood\n1714564799000,ana,hi,good\n');
  const told = async (...args: string[]) => {
    const input = { args, options: {}, cwd: folder } as unknown as Parameters<typeof importCommand.run>[1];
    const result = await importCommand.run(world, input, around() as never);
    return { text: importCommand.show(result as never), failed: importCommand.failed?.(result as never) };
  };
  const missing = await told('missing.jsonl');
  assert.match(missing.text, /^\S*missing\.jsonl: there is no such file$/);
  assert.equal(missing.failed, true);
  const table = await told('a.csv', 'missing.jsonl');
  const lines = table.text.split('\n');
  assert.match(
    lines.find((line) => line.includes('no field')) ?? '',
    /^ {2}columns that no field takes: mood$/,
  );
  assert.equal(lines.filter((line) => line.includes('missing.jsonl')).length, 1);
});

test('a first import of old posts tells why recent search finds none, and they are not moved to a second place', async (t) => {
  const world = await testWorld(t);
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'old.csv'), 'id,username,text\n1565278791398326273,ana,hi\n');
  const run = async (options: Record<string, boolean>) => {
    const input = { args: ['old.csv'], options, cwd: folder } as unknown as Parameters<
      typeof importCommand.run
    >[1];
    const result = (await importCommand.run(world, input, around() as never)) as { note?: string };
    return importCommand.show(result as never);
  };
  assert.match(await run({}), /^Every post here is older than 7 days.*--shift-to-now/m);
  await assert.rejects(run({ shiftToNow: true }), /in this folder already.*new data folder/);
  assert.equal(world.posts.size().posts, 1);

  const moved = await testWorld(t);
  const input = { args: ['old.csv'], options: { shiftToNow: true }, cwd: folder };
  for (const _again of [1, 2]) {
    const result = await importCommand.run(moved, input as never, around() as never);
    assert.doesNotMatch(importCommand.show(result as never), /older than/);
  }
  assert.equal(moved.posts.size().posts, 1);
});

test('a file that is not there is told of before the shift of a folder that takes no unmoved posts', async (t) => {
  const world = await testWorld(t);
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'old.csv'), 'id,username,text\n1565278791398326273,ana,hi\n');
  const run = async (args: string[], options = {}) => {
    const result = await importCommand.run(world, { args, options, cwd: folder } as never, around() as never);
    return importCommand.show(result as never);
  };
  await run(['old.csv'], { shiftToNow: true });
  assert.match(await run(['nope.jsonl']), /^\S*nope\.jsonl: there is no such file$/);
  const refused = (files: string[], detail: RegExp) =>
    assert.rejects(run(files), (error: Error & { body(): { detail: string } }) => {
      assert.match(error.body().detail, detail);
      return true;
    });
  await refused(
    ['old.csv', 'nope.jsonl'],
    /^\S*nope\.jsonl: there is no such file\. The posts of this folder/,
  );
  await refused(['old.csv'], /^The posts of this folder are moved/);
});

test('progress counts one of a kind as one', async (t) => {
  const world = await testWorld(t);
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'one.csv'), 'id,username,text\n1714564799000,ana,hi\n');
  const told: Progress[] = [];
  const input = { args: ['one.csv'], options: {}, cwd: folder };
  await importCommand.run(world, input as never, around(told) as never);
  assert.match(told[0]?.text ?? '', /^1 post, 1 person, \d+ posts\/s/);
});

test('progress of a sample never passes its total and ends at it', async (t) => {
  const world = await testWorld(t);
  const told: Progress[] = [];
  await fillWithSample(world, 2_000, 1, around(told) as never);
  assert.ok(told.length > 0);
  for (const { done, total, text } of told) {
    assert.ok(done <= total, text);
    assert.match(text, new RegExp(`^${done} of 2000 posts$`));
  }
  assert.equal(told.at(-1)?.done, 2_000);
});
