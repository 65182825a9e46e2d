/**
 * The text of a Mastodon post's HTML: what a reader sees, with line breaks and without markup. The result is plain
 * text and is never put into a page as anything else; nothing is kept of scripts and styles.
 */
const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
};
const BLOCKS = new Set([
  'p',
  'div',
  'li',
  'ul',
  'ol',
  'blockquote',
  'pre',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
]);
const HIDDEN = new Set(['script', 'style', 'template', 'noscript', 'title', 'textarea', 'iframe', 'svg']);

export function textOfHtml(html: string): string {
  let text = '';
  let at = 0;
  const lower = html.toLowerCase();
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      text += decode(html.slice(at));
      break;
    }
    text += decode(html.slice(at, open));
    const tag = readTag(html, open);
    if (!tag) {
      // A lone `<` is text.
      text += '<';
      at = open + 1;
      continue;
    }
    at = tag.end;
    if (tag.name === 'br') text += '\n';
    else if (BLOCKS.has(tag.name)) {
      if (text !== '' && !text.endsWith('\n')) text += tag.name === 'p' ? '\n\n' : '\n';
    } else if (HIDDEN.has(tag.name) && !tag.closing) at = endOf(lower, tag.name, at);
    // Mastodon hides parts of long links and shows an ellipsis instead; as text the whole link is of use.
  }
  return text
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

type Tag = { name: string; closing: boolean; end: number };

/** The tag, comment or declaration that begins here; undefined if it is none. */
function readTag(html: string, open: number): Tag | undefined {
  if (html.startsWith('<!--', open)) {
    const close = html.indexOf('-->', open + 4);
    return { name: '!', closing: false, end: close < 0 ? html.length : close + 3 };
  }
  const closing = html[open + 1] === '/';
  let at = open + (closing ? 2 : 1);
  const start = at;
  while (at < html.length && /[A-Za-z0-9]/.test(html[at]!)) at++;
  if (at === start && html[at] !== '!' && html[at] !== '?') return undefined;
  const name = html.slice(start, at).toLowerCase();
  // A `>` inside an attribute's quotes does not end the tag.
  let quote = '';
  for (; at < html.length; at++) {
    const character = html[at]!;
    if (quote) {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return { name, closing, end: at + 1 };
  }
  return { name, closing, end: html.length };
}

/** Behind the closing tag of an element whose inside is not shown. */
function endOf(html: string, name: string, from: number): number {
  const close = html.indexOf(`</${name}`, from);
  if (close < 0) return html.length;
  const end = html.indexOf('>', close);
  return end < 0 ? html.length : end + 1;
}

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,8}));/gi,
    (whole, hex: string, decimal: string, name: string) => {
      if (name) return NAMED[name] ?? NAMED[name.toLowerCase()] ?? whole;
      const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
      const valid = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
      return valid ? String.fromCodePoint(point) : '\ufffd';
    },
  );
}
