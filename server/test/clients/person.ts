import { formsOf, type Shown } from '../../src/identity/testing/fake-browser.ts';
import { fetchTo, type Served } from './x-hosts.ts';

const X_HOST = /^(api\.)?(x|twitter)\.com$/;
const CHOSEN = 'correct horse battery';

type Page = Pick<Shown, 'text' | 'forms'> & { url: URL };

/**
 * A person with a browser, over HTTPS: cookies for each host, forms, redirects as far as they stay with us, no script. They
 * sign in when they are asked to, and choose a password when the one that they were given works once.
 */
export function personWithBrowser(served: Served, username: string, oneTimePassword: string) {
  const fetch = fetchTo(served);
  const cookies = new Map<string, Map<string, string>>();
  let password = oneTimePassword;

  async function go(address: string | URL, form?: Record<string, string>): Promise<Page> {
    const url = new URL(address);
    // Nobody is there: what it was given is in the address.
    if (!X_HOST.test(url.host)) return { url, text: '', forms: [] };
    const jar = cookies.getOrInsertComputed(url.host, () => new Map());
    const reply = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { origin: url.origin, 'sec-fetch-site': 'same-origin' }),
      },
    });
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = reply.headers.get('location');
    if (location !== null) return go(new URL(location, url));
    const text = await reply.text();
    if (reply.status !== 200) throw new Error(`${reply.status} of ${url}: ${text}`);
    return { url, text, forms: formsOf(text) };
  }

  const formOf = (page: Page, action: string) => page.forms.find((one) => one.action === action);
  function submit(page: Page, action: string, typed: Record<string, string>): Promise<Page> {
    const form = formOf(page, action);
    if (!form) throw new Error(`no form to ${action} on ${page.url}: ${page.text}`);
    return go(new URL(action, page.url), { ...form.fields, ...typed });
  }

  return {
    /** Opens a link that an app made, and allows. @returns where the browser went, and what it shows. */
    async allow(link: string): Promise<{ text: string; query: URLSearchParams }> {
      let page = await go(link);
      if (formOf(page, '/sign-in')) page = await submit(page, '/sign-in', { username, password });
      if (formOf(page, '/settings/password')) {
        password = CHOSEN;
        page = await submit(page, '/settings/password', { password, again: password });
      }
      const action = formOf(page, '/i/oauth2/authorize') ? '/i/oauth2/authorize' : '/oauth/authorize';
      const { url, text } = await submit(page, action, { decision: 'allow' });
      return { text, query: url.searchParams };
    },
  };
}
