import type { Operation } from '../operation.ts';
import type { Parameter } from '../params/parameter.ts';
import { CLIENT_CALLS } from './client-calls.ts';
import { BODIES, FORMS, sampleOf } from './samples.ts';

export type Example = { client: 'curl' | 'tweepy' | 'twitter-api-v2' | 'XDK'; code: string };

/** The content of a file, in base64: `{ file: 'picture.png' }`. */
type FileContent = { readonly file: string };
type Literal = string | number | boolean | readonly Literal[] | { readonly [name: string]: Literal };

/** One call of an operation in each client, made from its declaration. */
export function examplesOf(operation: Operation): Example[] {
  return [
    { client: 'curl', code: curl(operation) },
    { client: 'tweepy', code: tweepy(operation) },
    { client: 'twitter-api-v2', code: twitterApiV2(operation) },
    ...xdk(operation),
  ];
}

/** True where only a person's token is taken: examples then carry one. */
function isPersonal({ auth }: Pick<Operation, 'auth'>): boolean {
  return !auth.includes('app');
}

function requiredOf(operation: Operation): Parameter[] {
  const all = Object.values(operation.parameters);
  return [
    ...all.filter((one) => one.in === 'path'),
    ...all.filter((one) => one.in !== 'path' && one.required),
  ];
}

function pathOf(operation: Operation): string {
  return operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = Object.values(operation.parameters).find((one) => one.name === name);
    return encodeURIComponent(String(parameter ? sampleOf(operation, parameter) : name));
  });
}

function queryOf(operation: Operation): [name: string, value: string][] {
  return requiredOf(operation)
    .filter((one) => one.in !== 'path')
    .map((one) => [one.name, String(sampleOf(operation, one))]);
}

/** For a POSIX shell: what stands in double quotes is percent-encoded, what stands in single ones has none inside. */
function curl(operation: Operation): string {
  const { method = 'GET', body } = operation;
  const query = queryOf(operation).map((pair) => pair.map(encodeURIComponent).join('='));
  const address = `"$PARLEY${pathOf(operation)}${query.length > 0 ? `?${query.join('&')}` : ''}"`;
  const words = [
    'curl',
    ...(operation.opens ? ['--no-buffer'] : []),
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    `-H "Authorization: Bearer $${isPersonal(operation) ? 'PERSON_TOKEN' : 'APP_TOKEN'}"`,
  ];
  const form = Object.entries(FORMS[body ?? ''] ?? {}).map(
    ([name, value]) => `-F '${name}=${isFile(value) ? `@${value.file}` : value}'`,
  );
  const json = BODIES[body ?? ''];
  if (json)
    words.push(
      "-H 'Content-Type: application/json'",
      `-d '${JSON.stringify(json).replaceAll("'", "'\\''")}'`,
    );
  return [...words, ...form, address].join(' \\\n  ');
}

function tweepy(operation: Operation): string {
  const own = CLIENT_CALLS[operation.id]?.tweepy;
  if (own) return own;
  const { method = 'GET', body } = operation;
  const parameters = Object.fromEntries(queryOf(operation));
  const json = BODIES[body ?? ''] ?? FORMS[body ?? ''];
  const parts = [
    python(method),
    python(pathOf(operation)),
    ...(Object.keys(parameters).length > 0 ? [`params=${python(parameters)}`] : []),
    ...(json ? [`json=${python(json as Literal)}`] : []),
    ...(isPersonal(operation) ? ['user_auth=True'] : []),
  ];
  return `client.request(${parts.join(', ')})`;
}

function twitterApiV2(operation: Operation): string {
  const own = CLIENT_CALLS[operation.id]?.twitterApiV2;
  if (own) return `await client.v2.${own};`;
  const { method = 'GET', body } = operation;
  const path = pathOf(operation).replace('/2/', '');
  const query = Object.fromEntries(queryOf(operation));
  const hasQuery = Object.keys(query).length > 0;
  const json = BODIES[body ?? ''] ?? FORMS[body ?? ''];
  const verb = operation.opens ? 'getStream' : method.toLowerCase();
  const values = json ?? (hasQuery ? query : undefined);
  return `await client.v2.${verb}(${[script(path), ...(values ? [script(values as Literal)] : [])].join(', ')});`;
}

function xdk(operation: Operation): Example[] {
  const method = CLIENT_CALLS[operation.id]?.xdk;
  if (method === undefined) return [];
  const { body } = operation;
  const json = BODIES[body ?? ''] ?? FORMS[body ?? ''];
  const parts = [
    ...requiredOf(operation).map((one) => script(sampleOf(operation, one))),
    ...(json ? [script(camelCased(json as Literal))] : []),
    ...(operation.id === 'createAccountActivitySubscription' ? ['{}'] : []),
  ];
  return [{ client: 'XDK', code: `await client.${method}(${parts.join(', ')});` }];
}

function isFile(value: unknown): value is FileContent {
  return typeof value === 'object' && value !== null && 'file' in value;
}

/** The XDK writes names of fields in camel case, and sends them as X has them. */
function camelCased(value: Literal): Literal {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
      camelCased(one),
    ]),
  );
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** A JavaScript literal. */
function script(value: Literal): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(script).join(', ')}]`;
  if (isFile(value)) return `await readFile(${quoted(value.file)}, 'base64')`;
  if (typeof value !== 'object') return String(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${script(one)}`)
    .join(', ')} }`;
}

/** A Python literal. */
function python(value: Literal): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (isFile(value)) return `base64.b64encode(open(${quoted(value.file)}, 'rb').read()).decode()`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([name, one]) => `${quoted(name)}: ${python(one)}`)
    .join(', ')}}`;
}
