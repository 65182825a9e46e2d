import { SETTINGS, type SettingName } from '../../config.ts';
import { LOG_LEVELS } from '../../http/log-settings.ts';
import type { Running } from '../../wiring/serve.ts';
import { type LocalCommand, text } from './command.ts';
import { admitFolder, noteFolder, settingsOf } from './data-folder.ts';
import { nextSteps } from './next-steps.ts';

export const start: LocalCommand = {
  place: 'here',
  servesFolder: true,
  name: 'start',
  summary: 'run the server on a data folder until it is stopped',
  options: [
    ['--port <number>', 'port (default 8080, or PARLEY_PORT; 0 takes a free one)'],
    ['--host <address>', 'address to listen on (default 127.0.0.1, or PARLEY_HOST)'],
    ['--origin <name>', 'first part of every log’s name, fixed when the folder is made (or PARLEY_ORIGIN)'],
    [
      '--public-url <url>',
      'what the world reaches this server by, in addresses of media (or PARLEY_PUBLIC_URL)',
    ],
    [
      '--allow-outbound <ranges>',
      'where the platform’s backend may be although it is not public: 10.1.0.0/16,::1 (or PARLEY_ALLOW_OUTBOUND)',
    ],
    [
      '--allow-webhooks <ranges>',
      'where licensees’ webhooks may be although it is not public: 10.2.0.7 (or PARLEY_ALLOW_WEBHOOKS)',
    ],
    [
      '--tls-cert <file>',
      'HTTPS: certificate with its chain, PEM; SIGHUP reads it again (or PARLEY_TLS_CERT)',
    ],
    ['--tls-key <file>', 'HTTPS: the certificate’s private key, PEM (or PARLEY_TLS_KEY)'],
    [
      '--trust-proxy <ranges>',
      'your own proxies, whose X-Forwarded-For, -Proto and -Host are believed: 10.0.0.5,10.1.0.0/16 (or PARLEY_TRUST_PROXY)',
    ],
    [
      '--guard <place>',
      'a folder on another disk, s3://bucket/prefix or postgres://user@host/database that remembers the newest signed state, so that copies and older ones are refused; none forgets it (or PARLEY_GUARD)',
    ],
    [
      '--log-level <level>',
      `least severe log line on standard error: ${LOG_LEVELS.join(', ')} (default info, or PARLEY_LOG_LEVEL)`,
    ],
    ['--log-format <format>', 'text or json, one line each (default text, or PARLEY_LOG_FORMAT)'],
    [
      '--otlp-endpoint <url>',
      'OpenTelemetry collector that gets a trace of each request: http://127.0.0.1:4318 (or OTEL_EXPORTER_OTLP_ENDPOINT)',
    ],
  ],
  async run(input, around) {
    const names = Object.keys(SETTINGS) as SettingName[];
    const settings = await settingsOf(
      input,
      around,
      Object.fromEntries(names.map((name) => [name, text(input, name)])),
    );
    await admitFolder(settings, input, around, 'serves');
    const { config } = settings;
    const { startServer } = await import('./serve-folder.ts');
    const running = await startServer(config);
    noteFolder(input, around, running.parley.folder.path);
    const { address, token } = running;
    const keyFile = text(input, 'masterKeyFile') === undefined ? undefined : config.masterKeyFile;
    const lines = [
      `Parley listens on ${address} (data ${running.parley.folder.path}, origin ${running.parley.folder.origin})`,
      ...(token
        ? [`first operator’s token, shown once: ${token}`, ...introduction(config.data, keyFile, address)]
        : []),
    ];
    process.stdout.write(
      input.options.json
        ? `${JSON.stringify({ address, data: running.parley.folder.path, origin: running.parley.folder.origin, operatorToken: token ?? null })}\n`
        : `${lines.join('\n')}\n`,
    );
    const endReloads = config.tls ? reloadOnHangup(running) : () => {};
    await stopped(around.signal);
    endReloads();
    await running.close();
  },
  show: () => '',
};

function introduction(data: string, masterKeyFile: string | undefined, address: string): string[] {
  return [
    '',
    'Next, in another terminal:',
    ...nextSteps(data, masterKeyFile).map((line) => `  ${line}`),
    `The API and its clients: ${address}/docs`,
  ];
}

/** A certificate that was renewed is taken up without a stop. A new one that is wrong is told of, and the old one stays. */
function reloadOnHangup({ reloadTls, parley }: Running): () => void {
  const reload = () => {
    try {
      reloadTls();
      parley.logger.info('the certificate was read again');
    } catch (error) {
      parley.log(`the certificate stays as it was: ${(error as Error).message}`);
    }
  };
  process.on('SIGHUP', reload);
  return () => void process.off('SIGHUP', reload);
}

/** Resolves when the signal says stop. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
