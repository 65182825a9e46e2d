import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Busboy } from '@fastify/busboy';
import { Problem } from '#kernel';
import type { Flow } from '../../call/request-body.ts';
import { receive } from './incoming.ts';
import { boundaryOf, limitParts } from './parts.ts';

function flowOf(contentType: string, pieces: readonly Buffer[]): Flow {
  return { contentType, stream: Readable.from(pieces), hold() {} } as unknown as Flow;
}

function piecesOf(body: string, length: number): Buffer[] {
  const bytes = Buffer.from(body);
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
    bytes.subarray(at * length, (at + 1) * length),
  );
}

const fields = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `--b\r\nContent-Disposition: form-data; name="f${at}"\r\n\r\n${at}\r\n`,
  ).join('');

for (const [what, part] of [
  ['fields', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'],
  ['files', '--b\r\nContent-Disposition: form-data; name="media"; filename="a"\r\n\r\n\r\n'],
  ['parts without a name', '--b\r\nA: b\r\n\r\n\r\n'],
  ['parts without anything', '--b\r\n\r\n\r\n'],
] as const) {
  test(`a body of thousands of ${what} is refused before the parser gets a byte`, async (t) => {
    const written = t.mock.method(Busboy.prototype, 'write');
    const body = Buffer.from(`${part.repeat(1_000)}--b--\r\n`);
    await assert.rejects(
      receive(flowOf('multipart/form-data; boundary=b', [body]), ''),
      (error) =>
        error instanceof Problem &&
        error.code === 'body-invalid' &&
        /more than 20 fields\. Send one part named `media`/.test(error.message),
    );
    assert.equal(written.mock.callCount(), 0);
  });
}

test('20 fields and a file are taken however the body is cut, and one more field is not', async () => {
  const media = '--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\nbytes\r\n';
  for (let length = 1; length <= 40; length += 1) {
    const incoming = await receive(
      flowOf('multipart/form-data; boundary="b"', piecesOf(`${fields(20)}${media}--b--\r\n`, length)),
      '',
    );
    assert.equal(await text(incoming.file!.bytes), 'bytes');
    await incoming.finish();
    assert.equal(incoming.fields.size, 20);
    await assert.rejects(
      receive(flowOf('multipart/form-data; boundary=b', piecesOf(`${fields(21)}--b--\r\n`, length)), ''),
      /more than 20 fields/,
    );
  }
});

test('parts are counted however the body is cut, and what only looks like a boundary is none', async () => {
  const near = '\r\n--\r\n--\r\n-b--b\n--b';
  const body = `--b\r\n\r\n${near}`.concat(`\r\n--b\r\n\r\n${near}`.repeat(2), '\r\n--b--\r\n');
  for (let length = 1; length <= body.length; length += 1) {
    const through = (partsMax: number) =>
      text(Readable.from(piecesOf(body, length)).compose(limitParts('b', partsMax, () => new Error('many'))));
    assert.equal(await through(3), body, `pieces of ${length}`);
    await assert.rejects(through(2), /many/, `pieces of ${length}`);
  }
});

test('the boundary is what the parser goes by, whatever printable characters it has', async () => {
  const all = Array.from({ length: 95 }, (_, at) => String.fromCharCode(0x20 + at)).filter(
    (one) => one !== '"' && one !== '\\',
  );
  for (const one of all) {
    const boundary = `x${one}y`;
    const contentType = `multipart/form-data; charset=utf-8; Boundary="${boundary}"; a=b`;
    assert.equal(boundaryOf(contentType), boundary);
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`;
    const incoming = await receive(flowOf(contentType, [Buffer.from(body)]), '');
    await incoming.finish();
    assert.deepEqual([...incoming.fields], [['a', '1']], boundary);
  }
  for (const wrong of ['', '; boundary=', '; boundary=""', `; boundary=${'b'.repeat(201)}`])
    await assert.rejects(receive(flowOf(`multipart/form-data${wrong}`, []), ''), /names its boundary/);
});
