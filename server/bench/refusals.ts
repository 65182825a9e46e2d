/**
 * What a refused request costs the server in CPU time, kind by kind. Yardstick in the same run: a small request that is
 * refused (an unknown parameter). Figures are ratios, so they mean the same on a slow machine.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startProcess } from '../test/e2e/process.ts';
import { seedPlatform } from '../test/e2e/seed.ts';

/** The kernel counts CPU time in hundredths of a second: enough of them for two digits. */
const CPU_MS_MIN = 400;
const REQUESTS_MAX = 2_000;
const TICK_MS = 10;

type Kind = { name: string; method?: string; path: string; headers?: Record<string, string>; body?: Buffer };

const dir = mkdtempSync(join(tmpdir(), 'parley-bench-refusals-'));
const { bearer } = await seedPlatform(dir);
const server = await startProcess(dir);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const MIB = 1 << 20;
const app = { authorization: `Bearer ${bearer}` };
const json = { ...app, 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const rules = '/2/tweets/search/stream/rules';
const text = (of: string, bytes: number) =>
  Buffer.from(of.repeat(Math.ceil(bytes / of.length)).slice(0, bytes));
const names = (count: number) => Array.from({ length: count }, (_, at) => at.toString(36)).join('&');
const members = (bytes: number) => {
  let out = '{"0":0';
  for (let at = 1; out.length < bytes; at += 1) out += `,"${at.toString(36)}":0`;
  return Buffer.from(`${out}}`);
};

const KINDS: Kind[] = [
  { name: 'a small refused request', path: '/2/tweets/1?x=1', headers: app },
  { name: 'no key', path: '/2/tweets/1' },
  {
    name: 'a JSON body of nested lists',
    method: 'POST',
    path: rules,
    headers: json,
    body: text('[', MIB - 1),
  },
  {
    name: 'a JSON body of nested objects',
    method: 'POST',
    path: rules,
    headers: json,
    body: text('{"a":', MIB - 1),
  },
  {
    name: 'a JSON body of numbers',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(`[${'0,'.repeat(MIB / 2 - 2)}0]`),
  },
  {
    name: 'a JSON body of empty lists',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(`[${'[],'.repeat(MIB / 3 - 2)}0]`),
  },
  { name: 'a JSON body of many names', method: 'POST', path: rules, headers: json, body: members(MIB - 20) },
  {
    name: 'a JSON body of one long text',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(`"${'x'.repeat(MIB - 2)}"`),
  },
  {
    name: 'a JSON body of escapes',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(`"${'\\u0041'.repeat(MIB / 6 - 2)}"`),
  },
  {
    name: 'rules that are no rules',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(
      `{"add":[${Array.from({ length: 50_000 }, (_, at) => `{"value":"(${at}"}`)
        .join(',')
        .slice(0, MIB - 60_000)
        .replace(/,[^}]*$/, '')}]}`,
    ),
  },
  {
    name: 'one rule of words',
    method: 'POST',
    path: rules,
    headers: json,
    body: Buffer.from(JSON.stringify({ add: [{ value: 'a '.repeat(500_000) }] })),
  },
  {
    name: 'a body in gzip',
    method: 'POST',
    path: rules,
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(200 * MIB)),
  },
  {
    name: 'media as nested JSON',
    method: 'POST',
    path: '/2/media/upload',
    headers: json,
    body: text('[', 8 * MIB - 1),
  },
  { name: 'fields of unknown words', path: `/2/tweets/1?tweet.fields=${'x,'.repeat(28_000)}x`, headers: app },
  { name: 'too many ids', path: `/2/tweets?ids=${'1,'.repeat(28_000)}1`, headers: app },
  { name: 'usernames', path: `/2/users/by?usernames=${'-,'.repeat(28_000)}a`, headers: app },
  { name: 'a query of words', path: `/2/tweets/search/recent?query=${'a+'.repeat(28_000)}`, headers: app },
  {
    name: 'a query of parentheses',
    path: `/2/tweets/search/recent?query=${'('.repeat(56_000)}`,
    headers: app,
  },
  {
    name: 'a query of quotes and dashes',
    path: `/2/tweets/search/recent?query=${'-"a"'.repeat(14_000)}`,
    headers: app,
  },
  {
    name: 'a query of 4,096 characters',
    path: `/2/tweets/search/recent?query=${'(a OR '.repeat(682).replaceAll(' ', '%20')}`,
    headers: app,
  },
  { name: 'thousands of parameters', path: `/2/tweets/1?${names(12_000)}`, headers: app },
  { name: 'escapes in the address', path: `/2/tweets/1?x=${'%C3%A9'.repeat(9_000)}`, headers: app },
  { name: 'a long path', path: `/2/${'a/'.repeat(28_000)}`, headers: app },
  { name: 'a long escaped path', path: `/2/tweets/${'%C3%A9'.repeat(9_000)}`, headers: app },
  {
    name: 'a page token',
    path: `/2/users/12/tweets?pagination_token=${Buffer.from('['.repeat(40_000)).toString('base64url')}`,
    headers: app,
  },
  {
    name: 'thousands of headers',
    path: '/2/tweets/1?x=1',
    headers: { ...app, ...Object.fromEntries(Array.from({ length: 1_900 }, (_, at) => [`h${at}`, '1'])) },
  },
  { name: 'one large header', path: '/2/tweets/1?x=1', headers: { ...app, cookie: 'a=b;'.repeat(14_000) } },
  {
    name: 'a signature of many parameters',
    path: '/2/tweets/1',
    headers: { authorization: `OAuth ${Array.from({ length: 5_000 }, (_, at) => `a${at}="1"`).join(',')}` },
  },
  {
    name: 'a signature of blanks',
    path: '/2/tweets/1',
    headers: { authorization: `OAuth a${' '.repeat(50_000)}b` },
  },
  {
    name: 'a signed form of 8 MiB',
    method: 'POST',
    path: '/2/media/upload',
    headers: {
      ...form,
      authorization:
        'OAuth oauth_consumer_key="a",oauth_token="b",oauth_signature="c",oauth_signature_method="HMAC-SHA1",oauth_timestamp="1",oauth_nonce="1"',
    },
    body: text('a=%41&', 8 * MIB),
  },
  {
    name: 'log-in: parameters in the address',
    method: 'POST',
    path: `/oauth2/token?${names(12_000)}`,
    headers: form,
    body: Buffer.from('grant_type=x'),
  },
  {
    name: 'log-in: many parameters',
    method: 'POST',
    path: '/2/oauth2/token',
    headers: form,
    body: Buffer.from(names(4_500)),
  },
  {
    name: 'log-in: nested JSON',
    method: 'POST',
    path: '/2/oauth2/token',
    headers: { 'content-type': 'application/json' },
    body: text('[', 16_000),
  },
  {
    name: 'OAuth 1.0a log-in: many parameters',
    method: 'POST',
    path: `/oauth/request_token?${names(12_000)}`,
    headers: { ...form, authorization: 'OAuth oauth_consumer_key="a"' },
    body: Buffer.from(names(4_500)),
  },
  { name: 'consent: many parameters', path: `/i/oauth2/authorize?${names(12_000)}` },
  { name: 'sign-in: cookies', path: '/sign-in', headers: { cookie: 'a=b;'.repeat(14_000) } },
  {
    name: 'push without a key',
    method: 'POST',
    path: '/v1/posts',
    headers: { 'content-type': 'application/x-ndjson' },
    body: text('[', MIB),
  },
  {
    name: 'push of nested lists',
    method: 'POST',
    path: '/v1/posts',
    headers: {
      'content-type': 'application/x-ndjson',
      authorization: `Bearer ${server.operatorToken ?? ''}`,
    },
    body: text('[', MIB),
  },
  { name: 'no such address', path: `/${'a'.repeat(50_000)}` },
];

const chosen = process.argv[2];
const results: { name: string; cpuMs: number; ratio: number; status: number; requests: number }[] = [];
let small = 0;
for (const kind of KINDS) {
  if (chosen && !kind.name.includes(chosen) && small > 0) continue;
  await ask(kind);
  const begun = cpuMs();
  let requests = 0;
  let status = 0;
  while (requests < REQUESTS_MAX && (requests < 5 || cpuMs() - begun < CPU_MS_MIN)) {
    status = await ask(kind);
    requests += 1;
  }
  const each = (cpuMs() - begun) / requests;
  small ||= each;
  results.push({ name: kind.name, cpuMs: each, ratio: each / small, status, requests });
  console.log(
    `${kind.name.padEnd(40)} ${each.toFixed(2).padStart(8)} ms CPU  ${(each / small).toFixed(1).padStart(7)}×  ${status}`,
  );
}
agent.destroy();
await server.stop();
rmSync(dir, { recursive: true, force: true });
console.log(
  JSON.stringify({
    kinds: results.map(({ name, ratio, status }) => ({ name, ratio: Number(ratio.toFixed(1)), status })),
  }),
);

/** User and system time of the server's process and its threads. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** @returns the status; 0 when the connection was closed before an answer. */
function ask({ method = 'GET', path, headers = {}, body }: Kind): Promise<number> {
  return new Promise((resolve) => {
    const sent = httpRequest(
      server.address,
      {
        method,
        path,
        agent,
        headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
      },
      (reply) => {
        reply.resume();
        reply.on('end', () => resolve(reply.statusCode ?? 0));
      },
    );
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}
