import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operations } from '#api';
import { OPERATIONS } from '#terms';
import { type Api, apiWorld, type Json, read, untilSuiteEnds } from './api.ts';

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
    const written = readFileSync(new URL('../../docs/reference/api.md', import.meta.url), 'utf8');
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

  test('the page names every operation and parameter, runs nothing and loads nothing', async () => {
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
    assert.equal(/<script|javascript:|\son\w+=|<img|<link|@import|url\(/i.test(body), false);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
    assert.ok(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`));
  });
});
