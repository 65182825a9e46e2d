import { operatorList } from '#search';
import { escaped, prose, table } from './page-style.ts';

/** An address that stands in the text until the page's script puts the server's own there. */
const ORIGIN = '<span class="origin">https://data.example.com</span>';

const SETUPS: readonly (readonly [client: string, code: string, more: string])[] = [
  [
    'tweepy',
    `import base64, requests, tweepy

class Parley(requests.adapters.HTTPAdapter):
    def send(self, request, **kwargs):
        request.headers['Host'] = 'api.twitter.com'
        request.url = request.url.replace('https://api.twitter.com', 'ORIGIN', 1)
        return super().send(request, **kwargs)

client = tweepy.Client(APP_TOKEN)    # for a person: consumer_key, consumer_secret, access_token, access_token_secret
stream = tweepy.StreamingClient(APP_TOKEN)
for one in (client, stream):
    one.session.mount('https://api.twitter.com', Parley())`,
    '`api` in the examples is a `tweepy.API` with a person’s four keys, and the same adapter for `https://upload.twitter.com`.',
  ],
  [
    'twitter-api-v2',
    `import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { EUploadMimeType, TwitterApi } from 'twitter-api-v2';

const httpAgent = new Agent();
httpAgent.createConnection = () => connect({ host: 'HOST', port: 443, servername: 'HOST' });
const client = new TwitterApi(process.env.APP_TOKEN, { httpAgent });`,
    'It speaks HTTPS alone: start Parley with `--tls-cert`, or put a proxy before it.',
  ],
  [
    'XDK',
    `import { readFile } from 'node:fs/promises';
import { Client } from '@xdevplatform/xdk';

const client = new Client({ bearerToken: process.env.APP_TOKEN, baseUrl: 'ORIGIN' });
// for a person: new Client({ accessToken: process.env.PERSON_TOKEN, baseUrl: 'ORIGIN' })`,
    'X’s official client. It is answered in X’s newer words (`post_count`).',
  ],
];

function setUp([client, code, more]: (typeof SETUPS)[number]): string {
  const shown = escaped(code).replaceAll('ORIGIN', ORIGIN).replaceAll('HOST', 'data.example.com');
  return `<section class="text" id="client-${client}"><h3>${client}</h3>\n<pre><code>${shown}</code></pre>\n<p>${prose(more)}</p></section>`;
}

/** How to get to a first reply, and how each client is led here. */
export function introduction(): string {
  return `<section class="group text" id="first-request"><h2>A first request</h2>
<p>The operator gives an app its key (<code>npx parley app add</code>). Put it and this server’s address where the examples look for them:</p>
<pre><code>export PARLEY=${ORIGIN}
export APP_TOKEN=parley_…        # the app’s key
export PERSON_TOKEN=parley_person_…   # of a person who signed in and allowed the app

curl -H "Authorization: Bearer $APP_TOKEN" "$PARLEY/2/tweets/search/recent?query=coffee"</code></pre>
<p>A key and secret give a bearer at <code>POST /oauth2/token</code> (Basic, <code>grant_type=client_credentials</code>) and take it back at
<code>POST /oauth2/invalidate_token</code>. For a person send their bearer, from <code>/i/oauth2/authorize</code> and <code>POST /2/oauth2/token</code>
(OAuth 2.0 with PKCE), or sign the request (OAuth 1.0a, <code>POST /oauth/request_token</code>).
With the header <code>parley-dry-run: 1</code> a request answers what it would cost, and nothing is charged.
Ids in the examples are placeholders: put those of this platform there.</p></section>
<section class="group" id="clients"><h2>Clients</h2>
<p>Clients of X’s API v2 run as they are once they are led to this address. Examples show, beside <code>curl</code>:</p>
${SETUPS.map(setUp).join('\n')}</section>`;
}

const PLACES = { search: 'search, counts', stream: 'stream rules' } as const;

/** The one list of what a query may say, from the table that the parser reads. */
export function queryOperators(): string {
  const rows = operatorList.map(({ name, summary, where, standsAlone, example }) => [
    `<code>${escaped(name)}</code>`,
    prose(summary),
    where.length === 2 ? 'everywhere' : PLACES[where[0]!],
    standsAlone ? 'yes' : 'no',
    `<code>${escaped(example)}</code>`,
  ]);
  return `<section class="group rows" id="query-operators">
<h2>Query operators</h2>
<p>A space is AND and binds tighter than <code>OR</code>; <code>-</code> directly before a clause negates it; parentheses group. Case never matters.
What does not stand alone needs an operator beside it that does.</p>
${table(['Operator', 'Finds posts …', 'Where', 'Alone', 'Example'], rows)}
</section>`;
}
