import { createHash } from 'node:crypto';
import type { Schema } from './schema.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2,h3{margin-top:2.5rem}h2{border-top:1px solid #ddd;padding-top:1rem}summary{margin:.4rem 0}code{font:14px/1.4 ui-monospace,monospace}
code{background:#f3f3f3;padding:.1em .3em;border-radius:3px}table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #e5e5e5}td:first-child,summary{white-space:nowrap}
main{overflow-wrap:anywhere}summary{cursor:pointer}@media(max-width:40rem){table{display:block;overflow-x:auto}td{min-width:8rem}}`;

/** Nothing may run, load or be sent: the page is text and one style, known by its hash. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Parameter = { name: string; in: string; required: boolean; description: string; schema: Schema };
type Response = { description: string; headers?: Record<string, { description: string }>; content: Schema };
type Endpoint = {
  operationId: string;
  tags: [string];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  responses: Record<string, Response>;
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type Listed = { method: string; path: string; endpoint: Endpoint };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Text of a declaration: escaped, with its backticks as code. */
function prose(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', head)}</thead><tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody></table>`;
}

function words(list: readonly unknown[]): string {
  return list.map((word) => `<code>${escaped(String(word))}</code>`).join(' ');
}

/** What a parameter takes. */
function takes(schema: Schema): string {
  const item = schema.type === 'array' ? (schema.items as Schema) : schema;
  if (item.const !== undefined) return words([item.const]);
  const parts: string[] = [
    schema.type === 'array' ? 'list' : String(schema.format ?? schema.type ?? 'string'),
  ];
  if (schema.minimum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) parts.push(`default ${schema.default}`);
  const list = item.enum as readonly string[] | undefined;
  return (
    escaped(parts.join(', ')) +
    (list ? `<details><summary>${list.length} values</summary>${words(list)}</details>` : '')
  );
}

function linkTo(reference: unknown): string {
  const name = escaped(String(reference).split('/').at(-1) ?? '');
  return `<a href="#${name}">${name}</a>`;
}

/** What a field of an answer holds. */
function holds(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  if (schema.enum !== undefined) return words(schema.enum as readonly unknown[]);
  if (schema.const !== undefined) return words([schema.const]);
  if (schema.type === 'array') return `list of ${holds(schema.items as Schema)}`;
  if (schema.properties !== undefined)
    return `{ ${fieldsOf(schema)
      .map(([name, held]) => `${name}: ${held}`)
      .join(', ')} }`;
  return escaped(String(schema.format ?? schema.type));
}

/** Name and content of each field; a star at those that are always there. */
function fieldsOf(schema: Schema): [name: string, held: string][] {
  const always = (schema.required ?? []) as readonly string[];
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, field]) => [
    `<code>${escaped(name)}</code>${always.includes(name) ? ' *' : ''}`,
    holds(field),
  ]);
}

const isOfEveryCall = ({ in: where }: Parameter) => where === 'header';

function parameterRows(parameters: readonly Parameter[]): string[][] {
  return parameters.map(({ name, in: where, required, description, schema }) => [
    `<code>${escaped(name)}</code>${where === 'path' ? ' (path)' : ''}${required ? ' *' : ''}`,
    prose(description),
    takes(schema),
  ]);
}

function bodyOf({ requestBody }: Endpoint): string {
  const schema = requestBody?.content['application/json']?.schema;
  return schema ? `takes ${linkTo(schema.$ref)} · ` : '';
}

/** Whose keys an endpoint takes, and which rights a person's bearer needs for it. */
function keysOf({ security }: Endpoint): string {
  const has = (kind: string) => security.some((one) => kind in one);
  const scopes = security.flatMap((one) => one.OAuth2UserToken ?? []);
  const rights = scopes.length > 0 ? ` (${words(scopes)})` : '';
  const person = `a person’s bearer${rights}${has('UserToken') ? ' or signature' : ''}`;
  const kinds = [
    ...(has('BearerToken') ? ['an app’s key'] : []),
    ...(has('OAuth2UserToken') ? [person] : []),
  ];
  return kinds.join(', or ');
}

function section({ method, path, endpoint }: Listed): string {
  const answers = endpoint.responses['200']?.content['application/json'] as { schema: { oneOf: Schema[] } };
  const rows = parameterRows(endpoint.parameters.filter((one) => !isOfEveryCall(one)));
  return `<h3 id="${escaped(endpoint.operationId)}">${escaped(endpoint.summary)}</h3>
<p><code>${method} ${escaped(path)}</code> · ${escaped(endpoint.operationId)} · ${bodyOf(endpoint)}answers with ${linkTo(answers.schema.oneOf[0]?.$ref)}</p>
<p>Takes ${keysOf(endpoint)}.</p>
<p>${prose(endpoint.description)}</p>
${rows.length > 0 ? table(['Parameter', 'Meaning', 'Takes'], rows) : ''}`;
}

/** Headers and statuses, which are the same for every endpoint. */
function everyCall({ parameters, responses }: Endpoint): string {
  const headers = Object.entries(responses['200']?.headers ?? {});
  const named = ([name, { description }]: [string, { description: string }]) => [
    `<code>${escaped(name)}</code>`,
    prose(description),
  ];
  return `<h2>Headers of every request</h2>
${table(
  ['Header', 'Meaning', 'Takes'],
  [
    [
      '<code>authorization</code> *',
      'An app’s key, or a person’s token.',
      '<code>Bearer …</code> or <code>OAuth …</code>',
    ],
    ...parameterRows(parameters.filter(isOfEveryCall)),
  ],
)}
<h2>Headers of every answer</h2>
${table(['Header', 'Meaning'], headers.map(named))}
<h2>Statuses</h2>
${table(
  ['Status', 'When'],
  Object.entries(responses).map(([status, { description }]) => [status, prose(description)]),
)}`;
}

function contentOf({ method, path, endpoint }: Listed): string {
  return `<li><a href="#${escaped(endpoint.operationId)}"><code>${method} ${escaped(path)}</code></a> ${escaped(endpoint.summary)}</li>`;
}

/** The reference as one page of plain HTML, made from the OpenAPI document alone. */
export function docsPage(document: Schema): string {
  const listed = Object.entries(document.paths as Record<string, Record<string, Endpoint>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(
        ([method, endpoint]): Listed => ({ method: method.toUpperCase(), path, endpoint }),
      ),
  );
  const first = listed[0]?.endpoint;
  // A few statuses are those of some endpoints only.
  const responses = Object.assign({}, ...listed.map(({ endpoint }) => endpoint.responses), first?.responses);
  const { schemas } = document.components as { schemas: Record<string, Schema> };
  const tags = [...new Set(listed.map(({ endpoint }) => endpoint.tags[0]))];
  const ofTag = (tag: string) => listed.filter(({ endpoint }) => endpoint.tags[0] === tag);
  const contents = tags.map(
    (tag) => `<details><summary>${escaped(tag)}, ${ofTag(tag).length}</summary><ul>
${ofTag(tag).map(contentOf).join('\n')}
</ul></details>`,
  );
  const shapes = Object.entries(schemas).map(
    ([name, schema]) =>
      `<h3 id="${escaped(name)}">${escaped(name)}</h3>\n${table(['Field', 'Holds'], fieldsOf(schema))}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Parley: API reference</title>
<style>${STYLE}</style></head><body><main>
<h1>API reference</h1>
<p>${prose((document.info as { description: string }).description)} Existing X API v2 clients work with nothing changed but the address.
The same as a machine reads it: <a href="/2/openapi.json">/2/openapi.json</a>.</p>
<p>Send an app's key as <code>Authorization: Bearer …</code>. A key and secret give a bearer at <code>POST /oauth2/token</code> (Basic, <code>grant_type=client_credentials</code>)
and take it back at <code>POST /oauth2/invalidate_token</code>. For a person send their bearer, from <code>/i/oauth2/authorize</code> and <code>POST /2/oauth2/token</code>
(OAuth 2.0 with PKCE), or sign the request (OAuth 1.0a, <code>POST /oauth/request_token</code>). Lists are one value with commas. * is required, or always there.</p>
${contents.join('\n')}
${first ? everyCall({ ...first, responses }) : ''}
${tags.map((tag) => `<h2>${escaped(tag)}</h2>\n${ofTag(tag).map(section).join('\n')}`).join('\n')}
<h2>What answers hold</h2>
<p>Empty values are left out, never null.</p>
${shapes.join('\n')}
</main></body></html>
`;
}
