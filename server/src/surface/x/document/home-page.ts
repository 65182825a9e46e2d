import { escaped, pageHeaders, TOKENS } from './page-style.ts';

const STYLE = `${TOKENS}
body{background:var(--back)}main{max-width:46rem;margin:0 auto;padding:8vh 1.25rem 4rem}
.lead{font-size:16px}ul{list-style:none;margin:2rem 0;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
li{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:1rem 1.25rem}h2{font-size:16px;margin:0 0 .4rem}p{margin:.4rem 0}
.soft{color:var(--soft)}`;

export const HOME_HEADERS: Readonly<Record<string, string>> = {
  ...pageHeaders(STYLE),
  vary: 'accept-language',
};

type Words = {
  lead: string;
  developers: readonly [title: string, text: string, docs: string, document: string];
  people: readonly [title: string, text: string, signIn: string, apps: string];
  operators: readonly [title: string, text: string];
  proof: readonly [title: string, text: string];
};

const ENGLISH: Words = {
  lead: 'This server opens a social platform’s posts to developers, brands and AI companies, through an API that X API v2 clients already speak. Every call is metered and recorded before its reply leaves.',
  developers: [
    'Developers',
    'Search, posts, people, streams and webhooks, with an example for each operation. Ask the operator of this platform for an app’s key.',
    'Read the API reference',
    'OpenAPI document',
  ],
  people: [
    'People with an account here',
    'See which apps act for you, and end what you no longer want.',
    'Sign in',
    'Your apps',
  ],
  operators: ['Operators', 'Plans, licensees, keys and usage are commands on the server’s machine:'],
  proof: [
    'Licensees and auditors',
    'Each reply names its entry in your log (parley-call). A receipt for it can be checked offline:',
  ],
};

const INDONESIAN: Words = {
  lead: 'Server ini membuka kiriman sebuah platform sosial bagi pengembang, merek, dan perusahaan AI lewat API yang sudah dikenal klien X API v2. Setiap panggilan dihitung dan dicatat sebelum jawabannya dikirim.',
  developers: [
    'Pengembang',
    'Pencarian, kiriman, pengguna, aliran, dan webhook, lengkap dengan contoh untuk tiap operasi. Kunci aplikasi diberikan oleh pengelola platform ini.',
    'Buka referensi API',
    'Dokumen OpenAPI',
  ],
  people: [
    'Punya akun di sini?',
    'Lihat aplikasi mana yang bertindak atas nama Anda, dan cabut izin yang tidak Anda inginkan lagi.',
    'Masuk',
    'Aplikasi Anda',
  ],
  operators: [
    'Pengelola',
    'Paket, pemegang lisensi, kunci, dan pemakaian diatur dengan perintah di mesin server:',
  ],
  proof: [
    'Pemegang lisensi dan auditor',
    'Setiap jawaban menyebut entrinya di log Anda (parley-call). Tanda terimanya dapat diperiksa tanpa sambungan:',
  ],
};

export type HomeLanguage = 'en' | 'id';

/**
 * Which of the page's two languages a reader likes better (RFC 9110, 12.5.4); English where they say nothing of both.
 * @param accepted the header `accept-language`.
 */
export function homeLanguage(accepted: string | undefined): HomeLanguage {
  const weights = { en: 0, id: 0, '*': 0 };
  for (const part of (accepted ?? '').slice(0, 500).split(',')) {
    const [, tag = '', , weight] =
      /^\s*([a-z]{2}|\*)(-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(part) ?? [];
    // `in` was Indonesian until 1989, and is still what old systems send.
    const name = tag.toLowerCase().replace(/^in$/, 'id');
    if (name === 'en' || name === 'id' || name === '*')
      weights[name] = Math.max(weights[name], weight === undefined ? 1 : Number(weight));
  }
  return weights.id > Math.max(weights.en, weights['*']) ? 'id' : 'en';
}

/** What a visitor of `/` reads: what this is, and where each kind of visitor goes on. */
export function homePage(language: HomeLanguage): string {
  const { lead, developers, people, operators, proof } = language === 'id' ? INDONESIAN : ENGLISH;
  const text = ([title, words]: readonly string[]) => `<h2>${escaped(title!)}</h2><p>${escaped(words!)}</p>`;
  const links = (...pairs: [href: string, label: string][]) =>
    `<p>${pairs.map(([href, label]) => `<a href="${href}">${escaped(label)}</a>`).join(' · ')}</p>`;
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley</title>
<style>${STYLE}</style></head><body><main>
<h1>Parley</h1>
<p class="lead">${escaped(lead)}</p>
<ul>
<li>${text(developers)}${links(['/docs', developers[2]], ['/2/openapi.json', developers[3]])}</li>
<li>${text(people)}${links(['/sign-in', people[2]], ['/settings/apps', people[3]])}</li>
<li>${text(operators)}<p><code>npx parley --help</code></p></li>
<li>${text(proof)}<p><code>npx parley receipt verify FILE --key VKEY</code></p></li>
</ul>
</main></body></html>
`;
}
