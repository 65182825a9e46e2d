import { type FolderCommand, type Input, text, UsageError } from './command.ts';
import { appNamed } from './named.ts';

type Set = {
  appId: string;
  clientId: string;
  clientSecret: string | null;
  type: 'confidential' | 'public';
  access: string;
  redirects: readonly string[];
  callbacks: readonly string[];
};

export const appOauth: FolderCommand = {
  place: 'folder',
  name: 'app oauth',
  summary: 'how an app asks persons for their rights; what is not given stays as it was',
  args: '<app>',
  options: [
    ['--redirect <uri...>', 'address to come back to with OAuth 2.0, to the letter; again for more'],
    ['--callback <uri...>', 'the same for OAuth 1.0a'],
    ['--confidential', 'the app keeps a secret, which is shown once'],
    ['--public', 'the app runs at persons’ own devices and has no secret (default)'],
    ['--new-secret', 'another secret for a confidential app; the old one ends'],
    ['--access <level>', 'what OAuth 1.0a tokens may do: read, read-write (default) or read-write-dm'],
  ],
  async run(parley, input): Promise<Set> {
    const { confidential, public: isPublic, newSecret } = input.options;
    if (confidential && isPublic) throw new UsageError('--confidential and --public exclude each other.');
    if (newSecret && isPublic) throw new UsageError('a public app has no secret.');
    const { appId } = appNamed(parley, input.args[0] ?? '');
    const client = parley.access.persons.clients.set(
      appId,
      {
        redirects: several(input, 'redirect'),
        callbacks: several(input, 'callback'),
        confidential: confidential === true ? true : isPublic === true ? false : undefined,
        oauth1Access: text(input, 'access'),
        newSecret: newSecret === true,
      },
      parley.clock.now(),
    );
    return {
      appId,
      clientId: client.clientId,
      clientSecret: client.clientSecret ?? null,
      type: client.confidential ? 'confidential' : 'public',
      access: client.oauth1Access,
      redirects: client.redirects,
      callbacks: client.callbacks,
    };
  },
  show: (set: Set) =>
    [
      `app            ${set.appId} (${set.type}, OAuth 1.0a: ${set.access})`,
      `client id      ${set.clientId}`,
      ...(set.clientSecret === null
        ? []
        : [`client secret  ${set.clientSecret}`, 'Keep the secret now: it is not shown again.']),
      `redirects      ${set.redirects.join(' ') || 'none'}`,
      `callbacks      ${set.callbacks.join(' ') || 'none'}`,
    ].join('\n'),
};

/** An option that may be given more than once; an empty one alone means none. */
function several(input: Input, name: string): string[] | undefined {
  const value: unknown = input.options[name];
  if (value === undefined) return undefined;
  const all = (Array.isArray(value) ? value : [value]).map(String);
  return all.filter((one) => one !== '');
}
