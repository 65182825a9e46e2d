import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operatorList } from '#search';
import { OPERATIONS } from '#terms';
import { examplesOf, operations } from '#x';
import { type Api, apiWorld, type Json, read, untilSuiteEnds } from './api.ts';

/** As a page must have it, written apart from what writes the page. */
const shown = (text: string) =>
  [...text].map((letter) => (/[&<>"']/.test(letter) ? `&#${letter.codePointAt(0)};` : letter)).join('');

describe('the reference', () => {
  let api: Api;
  let document: Json;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    const reply = read(await api.server.inject({ url: '/2/openapi.json' }));
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
    document = reply.json;
  });

  test('the document is OpenAPI 3.1, and each of its schemas compiles', () => {
    assert.match(document.openapi, /^3\.1\./);
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    addFormats.default(ajv);
    ajv.addVocabulary(['openapi', 'info', 'servers', 'tags', 'paths', 'components']);
    ajv.addSchema({ $id: 'api', ...document });
    for (const name of Object.keys(document.components.schemas)) {
      assert.ok(ajv.getSchema(`api#/components/schemas/${name}`), name);
    }
  });

  test('every operation is in it once, priced by terms, and every parameter has its meaning', () => {
    const listed = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods as Json),
    ) as Json[];
    assert.deepEqual(listed.map((one) => one.operationId).sort(), operations.map(({ id }) => id).sort());
    for (const { operationId, parameters, responses } of listed) {
      assert.ok(operationId in OPERATIONS, `${operationId} is unknown to the plans`);
      assert.ok(
        parameters.every((one: Json) => one.description.length > 10 && one.schema),
        operationId,
      );
      const names = parameters.map((one: Json) => `${one.in} ${one.name}`);
      assert.equal(new Set(names).size, names.length, operationId);
      for (const status of ['200', '400', '401', '403', '429', '503'])
        assert.ok(responses[status], `${operationId} ${status}`);
    }
  });

  test('path templates and path parameters agree', () => {
    for (const [path, methods] of Object.entries<Json>(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const { parameters } of Object.values<Json>(methods)) {
        const declared = parameters.filter((one: Json) => one.in === 'path').map((one: Json) => one.name);
        assert.deepEqual(declared, inPath, path);
      }
    }
  });

  test('the written reference has every operation with its address, what it delivers, and every header of ours', () => {
    const written = readFileSync(new URL('../../../docs/reference/api.md', import.meta.url), 'utf8');
    const rows = [...written.matchAll(/^\| `(\w+)` \| `([A-Z]+ \S+)` \| (\w+) \|$/gm)].map(
      ([, ...cells]) => cells,
    );
    assert.deepEqual(
      rows,
      operations.map(({ id, method = 'GET', path }) => [id, `${method} ${path}`, OPERATIONS[id]?.delivers]),
    );
    const declared = JSON.stringify(document).match(/(?:parley|x-rate-limit)-[a-z-]+/g) ?? [];
    for (const name of new Set(declared)) assert.ok(written.includes(name), name);
  });

  test('the page names every operation and parameter, loads nothing, and runs its search alone', async () => {
    const { statusCode, headers, body } = await api.server.inject({ url: '/docs' });
    assert.equal(statusCode, 200);
    for (const { id, parameters } of operations) {
      assert.ok(body.includes(`id="${id}"`), id);
      for (const { name } of Object.values(parameters))
        assert.ok(body.includes(`<code>${name}</code>`), name);
    }
    for (const name of Object.keys(document.components.schemas))
      assert.ok(body.includes(`id="${name}"`), name);
    for (const [, target = ''] of body.matchAll(/href="#([^"]+)"/g))
      assert.ok(body.includes(`id="${target}"`), target);
    const script = /<script>([\s\S]*?)<\/script>/.exec(body)?.[1] ?? '';
    const rest = body.replace(`<script>${script}</script>`, '');
    assert.equal(/<script|javascript:|\son\w+=|<img|<link|@import|url\(/i.test(rest), false);
    assert.doesNotMatch(
      script,
      /fetch|XMLHttp|import|innerHTML|https?:/,
      'the search changes nothing but what is shown',
    );
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
    const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    assert.ok(policy.includes(`style-src ${digest(style)}; script-src ${digest(script)};`), policy);
  });

  test('the page shows each example escaped, and every query operator at its anchor', async () => {
    const { body } = await api.server.inject({ url: '/docs' });
    for (const operation of operations)
      for (const { code } of examplesOf(operation))
        assert.ok(body.includes(`<code>${shown(code)}</code>`), code);
    const list = body.slice(body.indexOf('id="query-operators"'), body.indexOf('id="request-headers"'));
    for (const { name, example } of operatorList)
      for (const text of [name, example]) assert.ok(list.includes(`<code>${shown(text)}</code>`), text);
  });

  test('the page is sent packed to clients that take that, and is the same', async () => {
    const plain = await api.server.inject({ url: '/docs', headers: { 'accept-encoding': 'gzip;q=0, br' } });
    const packed = await api.server.inject({ url: '/docs', headers: { 'accept-encoding': 'br, gzip' } });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(packed.rawPayload).toString(), plain.body);
    assert.ok(packed.rawPayload.length < 120_000, `${packed.rawPayload.length} bytes`);
  });

  test('the page at / is in the language that its reader likes better, and leads to what is there', async () => {
    const languages: [accepted: string | undefined, language: string][] = [
      [undefined, 'en'],
      ['id', 'id'],
      ['in-ID,en;q=0.5', 'id'],
      ['id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7', 'id'],
      ['en-GB,en;q=0.9,id;q=0.8', 'en'],
      ['fr, *;q=0.5, id;q=0.4', 'en'],
      ['fr, id;q=0.4', 'id'],
      ['id;q=0', 'en'],
      ['", <script>', 'en'],
    ];
    for (const [accepted, language] of languages) {
      const headers = accepted === undefined ? {} : { 'accept-language': accepted };
      const { statusCode, body, headers: sent } = await api.server.inject({ url: '/', headers });
      assert.deepEqual(
        [statusCode, /<html lang="(\w+)"/.exec(body)?.[1], sent.vary],
        [200, language, 'accept-language'],
        String(accepted),
      );
      assert.equal(/<script|\son\w+=|<img|<link|url\(/i.test(body), false);
      assert.match(String(sent['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
      for (const [, href = ''] of body.matchAll(/href="([^"]+)"/g)) {
        const { statusCode: found } = await api.server.inject({ url: href });
        assert.ok(found === 200 || found === 303, `${found} ${href}`);
      }
    }
  });
});
