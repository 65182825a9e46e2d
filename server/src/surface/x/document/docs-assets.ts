import { TOKENS } from './page-style.ts';

export const DOCS_STYLE = `${TOKENS}
header{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--line);padding:.5rem 1rem;display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center}
header label{color:var(--soft)}header a{font-weight:600;text-decoration:none}
input[type=search]{font:inherit;color:inherit;background:var(--back);border:1px solid var(--soft);border-radius:6px;padding:.35rem .6rem;width:min(20rem,60vw)}
input{accent-color:var(--act)}fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem .9rem}legend{float:left;margin-right:.75rem;padding:0;color:var(--soft)}
.layout{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:1200px;margin:0 auto}
nav{padding:1rem;border-right:1px solid var(--line);font-size:14px}nav>details{position:sticky;top:4.5rem;max-height:calc(100vh - 5rem);overflow-y:auto}
nav ul{list-style:none;margin:.25rem 0 .75rem;padding:0}nav li{margin:.15rem 0}nav a{text-decoration:none}nav a:hover{text-decoration:underline}nav h2:not(:has(+ul>li:not([hidden]))){display:none}nav h2{font-size:13px;margin:.75rem 0 .25rem;color:var(--soft)}
main{padding:1.5rem 1.5rem 6rem;min-width:0}main .group>h2{border-top:1px solid var(--line);padding-top:1.5rem;margin-top:2.5rem}
.op{border-top:1px solid var(--line);padding:1.25rem 0;content-visibility:auto;contain-intrinsic-size:auto 500px}.op p{margin:.4rem 0}
.soft{color:var(--soft)}[hidden]{display:none!important}
table{border-collapse:collapse;width:100%;margin:.75rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
td,th{overflow-wrap:break-word}td code{overflow-wrap:anywhere}
th{font-size:13px;color:var(--soft);font-weight:600}summary{cursor:pointer}
.ex{display:none}:root:has(#show-curl:checked) .curl,:root:has(#show-tweepy:checked) .tweepy,:root:has(#show-twitter-api-v2:checked) .twitter-api-v2,:root:has(#show-XDK:checked) .XDK{display:block}
@media(max-width:720px){.layout{grid-template-columns:minmax(0,1fr)}nav{border-right:0;border-bottom:1px solid var(--line)}nav>details{position:static;max-height:none}header{position:static}html{scroll-padding-top:1rem}
main{padding:1rem 1rem 4rem}thead{position:absolute;left:-100vw}table,tbody,tr,td{display:block}tr{padding:.4rem 0;border-bottom:1px solid var(--line)}td{border:0;padding:.05rem 0}}
@media print{header,nav{display:none}.layout{display:block}.op{content-visibility:visible}}`;

/**
 * Search within the page: `/` goes to the field, Escape empties it. A part (an operation, a row of a general table, a
 * section of text) that does not hold all words is hidden, and so is a group that has no part left. Says how many are left. Also shows the server's own address in the first example.
 */
export const DOCS_SCRIPT = `(() => {
  const field = document.getElementById('search');
  const told = document.getElementById('found');
  const linkTo = ({ id }) => id && document.querySelector("nav a[href='#" + id + "']");
  const show = ({ element, link }, fits) => {
    element.hidden = !fits;
    if (link) link.parentElement.hidden = !fits;
  };
  const found = (selector) => [...document.querySelectorAll(selector)].map((element) => ({ element, link: linkTo(element) }));
  const groups = found('section.group').map((group) => ({ ...group, parts: [] }));
  const parts = found('.op, .text, .rows tbody tr').map((part) => ({ ...part, text: part.element.textContent.toLowerCase() }));
  for (const part of parts) groups.find(({ element }) => element.contains(part.element))?.parts.push(part.element);
  const filter = () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let left = 0;
    for (const part of parts) {
      const fits = words.every((word) => part.text.includes(word));
      show(part, fits);
      if (fits) left += 1;
    }
    for (const group of groups) show(group, group.parts.some(({ hidden }) => !hidden));
    told.textContent = words.length === 0 ? '' : left === 0 ? 'nothing found' : left + ' found';
  };
  field.addEventListener('input', filter);
  document.addEventListener('keydown', (event) => {
    const typing = /^(input|textarea)$/i.test(event.target.tagName) && event.target.type !== 'radio';
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); field.focus(); }
    if (event.key === 'Escape' && event.target === field) { field.value = ''; filter(); }
  });
  if (matchMedia('(max-width:720px)').matches) document.querySelector('nav details').open = false;
  for (const element of document.querySelectorAll('.origin')) element.textContent = location.origin;
  document.querySelector('header label').hidden = false;
  filter();
})();`;
