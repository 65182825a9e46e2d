import type { FastifyInstance, InjectOptions } from 'fastify';

/** What a browser shows, with its forms as they would be sent. */
export type Shown = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Where a redirect leads. */
  location?: string;
  forms: { action: string; fields: Record<string, string> }[];
};

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (text: string) => text.replace(/&(\w+|#39);/g, (_, name: string) => ENTITIES[name] ?? '?');

/** A browser as far as these pages need one: a cookie jar, forms, no script. It follows no redirect by itself. */
export function fakeBrowser(server: FastifyInstance, given: { https?: boolean; remote?: string } = {}) {
  const cookies = new Map<string, string>();
  const origin = `${given.https ? 'https' : 'http'}://data.example.com`;

  async function ask(options: InjectOptions): Promise<Shown> {
    const reply = await server.inject({
      ...options,
      remoteAddress: given.remote ?? '192.0.2.1',
      headers: {
        host: 'data.example.com',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...options.headers,
      },
    });
    for (const { name, value, maxAge } of reply.cookies) {
      if (maxAge === 0) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = reply.headers.location as string | undefined;
    return {
      status: reply.statusCode,
      headers: reply.headers as Shown['headers'],
      text: reply.body,
      location,
      forms: formsOf(reply.body),
    };
  }

  return {
    cookies,
    get: (url: string, headers: Record<string, string> = {}) => ask({ method: 'GET', url, headers }),
    post: (
      url: string,
      fields: Record<string, string> | [string, string][],
      headers: Record<string, string> = {},
    ) =>
      ask({
        method: 'POST',
        url,
        headers: {
          origin,
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          ...headers,
        },
        payload: new URLSearchParams(fields).toString(),
      }),
    /** Sends the form that leads there, with what the person typed and pressed. */
    submit(
      shown: Shown,
      action: string,
      typed: Record<string, string> = {},
      headers: Record<string, string> = {},
    ) {
      const form = shown.forms.find((one) => one.action === action);
      if (!form) throw new Error(`no form to ${action} on: ${shown.text}`);
      return this.post(action, { ...form.fields, ...typed }, headers);
    },
    async signIn(username: string, password: string, next = '/settings/apps') {
      const page = await this.get(`/sign-in?next=${encodeURIComponent(next)}`);
      return this.submit(page, '/sign-in', { username, password });
    },
  };
}

/** The forms of a page, with what is filled in. */
export function formsOf(text: string): Shown['forms'] {
  return [...text.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(
    ([, action = '', inside = '']) => {
      const inputs = [...inside.matchAll(/<input[^>]*name="([^"]*)"[^>]*>/g)];
      return {
        action: plain(action),
        fields: Object.fromEntries(
          inputs.map(([input, name = '']) => [name, plain(/ value="([^"]*)"/.exec(input)?.[1] ?? '')]),
        ),
      };
    },
  );
}
