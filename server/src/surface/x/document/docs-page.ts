import type { Operation } from '../operation.ts';
import { DOCS_SCRIPT, DOCS_STYLE } from './docs-assets.ts';
import { introduction, queryOperators } from './docs-intro.ts';
import { type Example, examplesOf } from './examples.ts';
import { escaped, pageHeaders, prose, table } from './page-style.ts';
import type { Schema } from './schema.ts';

export const DOCS_HEADERS = pageHeaders(DOCS_STYLE, DOCS_SCRIPT);

const CLIENTS: readonly Example['client'][] = ['curl', 'tweepy', 'twitter-api-v2', 'XDK'];

/** Longer lists of values stand once, below, and not at each parameter that takes them. */
const VALUES_INLINE_MAX = 8;

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

function words(list: readonly unknown[]): string {
  return list.map((word) => `<code>${escaped(String(word))}</code>`).join(' ');
}

/** What a parameter takes. */
function takes(name: string, schema: Schema, lists: ValueLists): string {
  const item = schema.type === 'array' ? (schema.items as Schema) : schema;
  if (item.const !== undefined) return words([item.const]);
  const parts: string[] = [
    schema.type === 'array' ? 'list' : String(schema.format ?? schema.type ?? 'string'),
  ];
  if (schema.minimum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) parts.push(`default ${schema.default}`);
  const list = item.enum as readonly string[] | undefined;
  const values =
    list && (list.length <= VALUES_INLINE_MAX ? `: ${words(list)}` : `: ${lists.linkTo(name, list)}`);
  return escaped(parts.join(', ')) + (values ?? '');
}

/** Lists of values by what is in them, each named by the first parameter that takes it. */
class ValueLists {
  readonly #byContent = new Map<string, { id: string; name: string; list: readonly string[] }>();
  readonly #ids = new Set<string>();

  linkTo(name: string, list: readonly string[]): string {
    const key = list.join();
    let found = this.#byContent.get(key);
    if (!found) {
      let id = `values-${name}`;
      while (this.#ids.has(id)) id += '-too';
      this.#ids.add(id);
      found = { id, name, list };
      this.#byContent.set(key, found);
    }
    return `<a href="#${escaped(found.id)}">${list.length} values</a>`;
  }

  sections(): string {
    return [...this.#byContent.values()]
      .map(
        ({ id, name, list }) =>
          `<section class="text" id="${escaped(id)}"><h3>${escaped(name)}</h3>\n<p>${words(list)}</p></section>`,
      )
      .join('\n');
  }
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

function parameterRows(parameters: readonly Parameter[], lists: ValueLists): string[][] {
  return parameters.map(({ name, in: where, required, description, schema }) => [
    `<code>${escaped(name)}</code>${where === 'path' ? ' (path)' : ''}${required ? ' *' : ''}`,
    prose(description),
    takes(name, schema, lists),
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

/** One call in each client; the page shows those of the client that is chosen at its top. */
function exampleBlocks(examples: readonly Example[]): string {
  return CLIENTS.map((client) => {
    const found = examples.find((one) => one.client === client);
    return found
      ? `<pre class="ex ${client}"><code>${escaped(found.code)}</code></pre>`
      : `<p class="ex soft ${client}">${client} has no method for this.</p>`;
  }).join('\n');
}

function section(
  { method, path, endpoint }: Listed,
  examples: readonly Example[],
  lists: ValueLists,
): string {
  const answers = endpoint.responses['200']?.content['application/json'] as { schema: { oneOf: Schema[] } };
  const rows = parameterRows(
    endpoint.parameters.filter((one) => !isOfEveryCall(one)),
    lists,
  );
  return `<section class="op" id="${escaped(endpoint.operationId)}">
<h3>${escaped(endpoint.summary)}</h3>
<p><code>${method} ${escaped(path)}</code> · ${escaped(endpoint.operationId)} · ${bodyOf(endpoint)}answers with ${linkTo(answers.schema.oneOf[0]?.$ref)}</p>
<p>Takes ${keysOf(endpoint)}.</p>
<p>${prose(endpoint.description)}</p>
${exampleBlocks(examples)}
${rows.length > 0 ? table(['Parameter', 'Meaning', 'Takes'], rows) : ''}
</section>`;
}

/** Headers and statuses, which are the same for every endpoint. */
function everyCall({ parameters, responses }: Endpoint, lists: ValueLists): string {
  const headers = Object.entries(responses['200']?.headers ?? {});
  const named = ([name, { description }]: [string, { description: string }]) => [
    `<code>${escaped(name)}</code>`,
    prose(description),
  ];
  return `<section class="group rows" id="request-headers"><h2>Headers of every request</h2>
${table(
  ['Header', 'Meaning', 'Takes'],
  [
    [
      '<code>authorization</code> *',
      'An app’s key, or a person’s token.',
      '<code>Bearer …</code> or <code>OAuth …</code>',
    ],
    ...parameterRows(parameters.filter(isOfEveryCall), lists),
  ],
)}</section>
<section class="group rows" id="answer-headers"><h2>Headers of every answer</h2>
${table(['Header', 'Meaning'], headers.map(named))}</section>
<section class="group rows" id="statuses"><h2>Statuses</h2>
${table(
  ['Status', 'When'],
  Object.entries(responses).map(([status, { description }]) => [status, prose(description)]),
)}</section>`;
}

function contentsOf(tags: readonly string[], ofTag: (tag: string) => Listed[]): string {
  const link = (id: string, text: string) => `<li><a href="#${escaped(id)}">${escaped(text)}</a></li>`;
  const groups = tags.map(
    (tag) => `<h2>${escaped(tag)}</h2><ul>
${ofTag(tag)
  .map(({ endpoint }) => link(endpoint.operationId, endpoint.summary))
  .join('\n')}
</ul>`,
  );
  return `<nav aria-label="Contents"><details open><summary>Contents</summary><ul>
${link('first-request', 'A first request')}
${link('clients', 'Clients')}
${link('query-operators', 'Query operators')}
${link('request-headers', 'Headers of every request')}
${link('answer-headers', 'Headers of every answer')}
${link('statuses', 'Statuses')}
</ul>
${groups.join('\n')}
<ul>${link('values', 'Lists of values')}${link('shapes', 'What answers hold')}</ul>
</details></nav>`;
}

const HEADER = `<header><a href="/">Parley</a>
<label hidden>Search <input type="search" id="search" autocomplete="off" spellcheck="false" aria-describedby="found" title="press / to come here"></label>
<output id="found" class="soft" for="search"></output>
<fieldset><legend>Examples</legend>
${CLIENTS.map((client, at) => `<label><input type="radio" name="client" id="show-${client}"${at === 0 ? ' checked' : ''}> ${client}</label>`).join('\n')}
</fieldset></header>`;

/** The reference as one page, made from the OpenAPI document and the declarations: it works without its script, but for the search. */
export function docsPage(document: Schema, operations: readonly Operation[]): string {
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
  const examples = new Map(operations.map((one) => [one.id, examplesOf(one)]));
  const lists = new ValueLists();
  const shapes = Object.entries(schemas).map(
    ([name, schema]) =>
      `<section class="text" id="${escaped(name)}"><h3>${escaped(name)}</h3>\n${table(['Field', 'Holds'], fieldsOf(schema))}</section>`,
  );
  const endpoints = tags.map(
    (tag) => `<section class="group"><h2>${escaped(tag)}</h2>
${ofTag(tag)
  .map((one) => section(one, examples.get(one.endpoint.operationId) ?? [], lists))
  .join('\n')}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley: API reference</title>
<style>${DOCS_STYLE}</style></head><body><a class="skip" href="#content">Skip to the reference</a>
${HEADER}
<div class="layout">${contentsOf(tags, ofTag)}
<main id="content">
<h1>API reference</h1>
<p>${prose((document.info as { description: string }).description)} Existing X API v2 clients work with nothing changed but the address.
The same as a machine reads it: <a href="/2/openapi.json">/2/openapi.json</a>. Lists are one value with commas. * is required, or always there.</p>
${introduction()}
${queryOperators()}
${first ? everyCall({ ...first, responses }, lists) : ''}
${endpoints.join('\n')}
<section class="group" id="values"><h2>Lists of values</h2>
${lists.sections()}</section>
<section class="group" id="shapes"><h2>What answers hold</h2>
<p>Empty values are left out, never null.</p>
${shapes.join('\n')}</section>
</main></div>
<script>${DOCS_SCRIPT}</script>
</body></html>
`;
}
