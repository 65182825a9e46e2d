import { createHash } from 'node:crypto';

/** Colours and type of our own pages: neutral greys, teal for what acts and what has the focus; dark is designed, not inverted. */
export const TOKENS = `:root{color-scheme:light dark;--paper:#fff;--back:#f5f7f7;--ink:#16201f;--soft:#52605e;--line:#d5dddb;--code:#eef2f1;--act:#0b6b63;--on-act:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#141b1a;--back:#0e1413;--ink:#e6edeb;--soft:#a2b0ad;--line:#31403d;--code:#1e2826;--act:#5fd0c3;--on-act:#06201d}}
*{box-sizing:border-box}html{scroll-padding-top:4.5rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 Inter,system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--act)}a:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--act);outline-offset:2px;border-radius:2px}
code,pre{font:13px/1.5 ui-monospace,'JetBrains Mono',monospace}code{background:var(--code);padding:.1em .3em;border-radius:3px}
h1{font-size:28px;line-height:1.2;margin:0 0 .75rem}h2{font-size:20px;line-height:1.3}h3{font-size:16px;line-height:1.4;margin:0 0 .25rem}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.75rem;margin:.75rem 0;white-space:pre-wrap}pre code{background:none;padding:0}
.skip{position:absolute;left:-100vw}.skip:focus{left:1rem;top:1rem;background:var(--act);color:var(--on-act);padding:.5rem 1rem;z-index:9}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:auto}}
`;

/** SVG, in the colour of what acts: a speech bubble with three lines, for a platform's posts. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b6b63" d="M6 3h20a4 4 0 0 1 4 4v13a4 4 0 0 1-4 4H14l-7 6v-6H6a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4z"/><path stroke="#fff" stroke-width="2.5" stroke-linecap="round" d="M8 9h16M8 13.5h16M8 18h9"/></svg>`;

function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Headers of a page of ours: it loads nothing, sends nothing, and runs one script at most, known by its hash. */
export function pageHeaders(style: string, script?: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src ${sourceHash(style)}`,
      ...(script === undefined ? [] : [`script-src ${sourceHash(script)}`]),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Text of a declaration: escaped, with its backticks as code. */
export function prose(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th scope="col"', head).replaceAll('</th scope="col">', '</th>')}</thead><tbody>\n${rows.map((row) => cells('td', row)).join('\n')}\n</tbody></table>`;
}
