import { hash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** Markup that was made here. Everything else that goes into a page is text and is escaped. */
export type Markup = { markup: string };
type Part = string | number | Markup | readonly Part[] | undefined | false;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** What turns the direction of what follows: a name must not rewrite the sentence around it. */
const TURNS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A template whose values are escaped, but for markup made by another one. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Markup {
  let markup = strings[0]!;
  for (const [i, value] of values.entries()) markup += render(value) + strings[i + 1]!;
  return { markup };
}

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') {
    return String(part)
      .toWellFormed()
      .replace(TURNS, '')
      .replace(/[&<>"']/g, (char) => ESCAPES[char]!);
  }
  return 'markup' in part ? part.markup : part.map(render).join('');
}

/** One sheet for all pages, named in the policy by its hash, so that no other style and no script ever runs. */
const STYLE = `
:root{color-scheme:light dark;--ink:#15202b;--soft:#51606d;--line:#c8d1d9;--paper:#fff;--back:#f3f5f7;--act:#0b5cad;--act-ink:#fff;--warn:#a3141f}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a3b0bc;--line:#3a4753;--paper:#1a232c;--back:#10171e;--act:#6cb4ff;--act-ink:#0a1a2b;--warn:#ff9aa2}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:4vh auto;padding:1.5rem;background:var(--paper);border:1px solid var(--line);border-radius:.75rem}
@media (max-width:36rem){main{margin:0;border:0;border-radius:0;min-height:100vh}}
h1{font-size:1.4rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.05rem;margin:0}
p{margin:.6rem 0}
ul{padding-left:1.25rem;margin:.6rem 0}
li{margin:.25rem 0}
h1,h2,p,li,dd{overflow-wrap:anywhere}
a{color:var(--act)}
label{display:block;font-weight:600;margin:.9rem 0 .25rem}
input{width:100%;padding:.6rem;font:inherit;color:inherit;background:var(--back);border:1px solid var(--soft);border-radius:.4rem}
button{min-height:2.75rem;padding:.5rem 1.25rem;font:inherit;font-weight:600;border-radius:.5rem;border:1px solid var(--act);background:var(--act);color:var(--act-ink);cursor:pointer}
button.plain{background:none;color:var(--act)}
button.link{min-height:0;padding:0;border:0;background:none;color:var(--act);text-decoration:underline;font-weight:400}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.row{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0 .25rem}
.soft{color:var(--soft)}
.error{color:var(--warn);font-weight:600}
.who{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;padding:.75rem;background:var(--back);border-radius:.5rem}
.pin{font:700 2rem/1.2 ui-monospace,monospace;letter-spacing:.15em;margin:1rem 0}
.card{border-top:1px solid var(--line);padding:1rem 0}
form{margin:0}
`;
const STYLE_HASH = hash('sha256', STYLE, 'base64');

/** Sends a page. @param targets addresses beside our own to which a form on it may lead: Chromium checks redirects too. */
export function sendPage(
  reply: FastifyReply,
  page: { title: string; body: Markup; status?: number; targets?: readonly string[] },
): void {
  const { title, body, status = 200, targets = [] } = page;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(targets),
      ...PAGE_HEADERS,
    })
    .send(document.markup);
}

/** On redirects too: what they carry is nobody else's. */
export const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // With `no-referrer` browsers would send forms with `Origin: null`.
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
} as const;

function policy(targets: readonly string[]): string {
  const actions = ["'self'", ...new Set(targets.map(sourceOf))].join(' ');
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${actions}; frame-ancestors 'none'; base-uri 'none'`;
}

/** What a policy calls an address: its origin, or only the scheme of one that has no origin. */
function sourceOf(address: string): string {
  const { origin, protocol } = new URL(address);
  return origin === 'null' ? protocol : origin;
}
