import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { testFolder } from '../testing/source-cases.ts';
import { expandedBytes } from './expand.ts';

async function expand(
  path: string,
): Promise<{ length: number; bytes: Buffer; read: number; error?: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let read = 0;
  const result = () => ({ length, bytes: Buffer.concat(chunks), read });
  try {
    for await (const chunk of expandedBytes(path, (bytes) => {
      read = bytes;
    })) {
      length += chunk.length;
      if (length < 1 << 22) chunks.push(chunk);
    }
    return result();
  } catch (error) {
    return { ...result(), error: error instanceof Error ? error.message : String(error) };
  }
}

test('plain, gzip and zstd bytes come out as they went in, in several members and frames too', async (t) => {
  const folder = testFolder(t);
  const data = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'abc')]);
  const half = data.length / 2;
  const forms = {
    plain: data,
    gzip: gzipSync(data),
    zstd: zstdCompressSync(data),
    members: Buffer.concat([gzipSync(data.subarray(0, half)), gzipSync(data.subarray(half))]),
    frames: Buffer.concat([zstdCompressSync(data.subarray(0, half)), zstdCompressSync(data.subarray(half))]),
  };
  for (const [form, content] of Object.entries(forms)) {
    const path = join(folder, form);
    writeFileSync(path, content);
    const result = await expand(path);
    assert.equal(result.error, undefined, form);
    assert.ok(result.bytes.equals(data), form);
    assert.equal(result.read, content.length);
  }
});

test('a file cut off anywhere gives what it has and an error', async (t) => {
  const folder = testFolder(t);
  const data = randomBytes(600_000);
  for (const [name, whole] of [
    ['gzip', gzipSync(data)],
    ['zstd', zstdCompressSync(data)],
  ] as const) {
    for (const keep of [5, 100, 70_000, 500_000, whole.length - 1]) {
      const path = join(folder, `${name}-${keep}`);
      writeFileSync(path, whole.subarray(0, keep));
      const result = await expand(path);
      assert.match(result.error ?? '', /cut off/, `${name} at ${keep}`);
      assert.ok(data.subarray(0, result.length).equals(result.bytes), `${name} at ${keep}`);
      if (keep === 500_000) assert.ok(result.length > 200_000, `${name} gave only ${result.length}`);
    }
  }
});

test('bombs of gzip and zstd are refused soon after they are known for what they are', async (t) => {
  const folder = testFolder(t);
  const zeros = Buffer.alloc(400 << 20);
  for (const [name, content] of [
    ['gzip', gzipSync(zeros, { level: 9 })],
    ['zstd', zstdCompressSync(zeros)],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, content);
    const result = await expand(path);
    assert.match(result.error ?? '', /decompression bomb/, name);
    assert.ok(result.length < 100 << 20, `${name} expanded to ${result.length}`);
  }
});

test('a bomb behind any amount of honest data is refused as soon as it has grown', async (t) => {
  const folder = testFolder(t);
  const honest = randomBytes(4 << 20);
  const zeros = Buffer.alloc(300 << 20);
  for (const [name, content] of [
    ['gzip', Buffer.concat([gzipSync(honest), gzipSync(zeros, { level: 9 })])],
    ['zstd', Buffer.concat([zstdCompressSync(honest), zstdCompressSync(zeros)])],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, content);
    const result = await expand(path);
    assert.match(result.error ?? '', /decompression bomb/, name);
    // One stretch may end before the bomb is most of it; the next is all bomb.
    assert.ok(result.length < honest.length + (160 << 20), `${name} expanded to ${result.length}`);
  }
});

test('a zstd window above 128 MB is refused by name', async (t) => {
  const folder = testFolder(t);
  // RFC 8878, section 3.1.1: magic, no flags, the window's descriptor, one last raw block of "abc".
  const frame = (windowLog: number) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 0x19, 0, 0, 97, 98, 99]);
  writeFileSync(join(folder, '27'), frame(27));
  writeFileSync(join(folder, '28'), frame(28));
  assert.equal((await expand(join(folder, '27'))).bytes.toString(), 'abc');
  assert.match((await expand(join(folder, '28'))).error ?? '', /window above 128 MB/);
});
