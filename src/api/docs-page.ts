import { createHash } from 'node:crypto';
import type { Schema } from './schema.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}code,pre{font:14px/1.4 ui-monospace,monospace}
code{background:#f3f3f3;padding:.1em .3em;border-radius:3px}table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #e5e5e5}td:first-child{white-space:nowrap}
pre{background:#f3f3f3;padding:.8rem;overflow:auto}details{margin:.5rem 0}`;

/** Nothing may run, load or be sent: the page is text and one style, known by its hash. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Parameter = { name: string; in: string; required: boolean; description: string; schema: Schema };
type Endpoint = {
  operationId: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  responses: Record<string, { description: string; headers?: Record<string, { description: string }> }>;
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Text of a declaration: escaped, with its backticks as code. */
function prose(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function takes(schema: Schema): string {
  const item = schema.type === 'array' ? (schema.items as Schema) : schema;
  const parts: string[] = [schema.type === 'array' ? 'list' : String(schema.type ?? 'value')];
  if (schema.minimum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxItems !== undefined) parts.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) parts.push(`default ${schema.default}`);
  const words = item.enum as readonly string[] | undefined;
  const of = words
    ? `<details><summary>${words.length} values</summary>${words.map((word) => `<code>${escaped(word)}</code>`).join(' ')}</details>`
    : '';
  return escaped(parts.join(', ')) + of;
}

function section(path: string, endpoint: Endpoint): string {
  const rows = endpoint.parameters
    .map(({ name, in: where, required, description, schema }) => {
      const place = where === 'query' ? '' : ` (${where})`;
      return `<tr><td><code>${escaped(name)}</code>${place}${required ? ' *' : ''}</td><td>${prose(description)}</td><td>${takes(schema)}</td></tr>`;
    })
    .join('\n');
  const replies = Object.entries(endpoint.responses)
    .map(([status, { description }]) => `<tr><td>${status}</td><td>${prose(description)}</td></tr>`)
    .join('\n');
  return `<h2 id="${escaped(endpoint.operationId)}">${escaped(endpoint.summary)}</h2>
<p><code>GET ${escaped(path)}</code> · ${escaped(endpoint.operationId)}</p>
<p>${prose(endpoint.description)}</p>
<table><thead><tr><th>Parameter</th><th>Meaning</th><th>Takes</th></tr></thead><tbody>
${rows}
</tbody></table>
<table><thead><tr><th>Status</th><th>When</th></tr></thead><tbody>
${replies}
</tbody></table>`;
}

/** The reference as one page of plain HTML, made from the OpenAPI document alone. */
export function docsPage(document: Schema): string {
  const paths = Object.entries(document.paths as Record<string, { get: Endpoint }>);
  const headers = paths[0]?.[1].get.responses['200']?.headers ?? {};
  const contents = paths
    .map(
      ([path, { get }]) =>
        `<li><a href="#${escaped(get.operationId)}"><code>GET ${escaped(path)}</code></a> ${escaped(get.summary)}</li>`,
    )
    .join('\n');
  const headerRows = Object.entries(headers)
    .map(
      ([name, { description }]) =>
        `<tr><td><code>${escaped(name)}</code></td><td>${prose(description)}</td></tr>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Parley: API reference</title>
<style>${STYLE}</style></head><body>
<h1>API reference</h1>
<p>${prose((document.info as { description: string }).description)} Existing X API v2 clients work with nothing changed but the address.
The same as a machine reads it: <a href="/2/openapi.json">/2/openapi.json</a>.</p>
<p>Send an app's key as <code>Authorization: Bearer …</code>. A key and secret give a bearer at <code>POST /oauth2/token</code> (Basic, <code>grant_type=client_credentials</code>)
and take it back at <code>POST /oauth2/invalidate_token</code>. Parameters marked * are required; lists are one value with commas.</p>
<ul>
${contents}
</ul>
<h2>Headers of every answer</h2>
<table><tbody>
${headerRows}
</tbody></table>
${paths.map(([path, { get }]) => section(path, get)).join('\n')}
</body></html>
`;
}
