import { readTls } from '#http';
import { type Config, SETTINGS, type SettingName } from '../config.ts';
import { LOG_LEVELS } from '../http/log-settings.ts';
import { openParley, type Running, serve } from '../main.ts';
import { CommandError, type LocalCommand, text } from './command.ts';
import { listenForCommands } from './control.ts';
import { admitFolder, noteFolder, settingsOf } from './data-folder.ts';
import { folderCommands } from './folder-commands.ts';
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
      '--guard <folder>',
      'a folder on another disk that remembers the newest signed state, so that copies and older ones are refused; none forgets it (or PARLEY_GUARD)',
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
      Object.fromEntries(names.map((name) => [name, text(input, name)])),
    );
    await admitFolder(settings, input, around, 'serves');
    const { config } = settings;
    const running = await startServer(config);
    noteFolder(input, running.parley.folder.path);
    const { address, token } = running;
    const lines = [
      `Parley listens on ${address} (data ${running.parley.folder.path}, origin ${running.parley.folder.origin})`,
      ...(token
        ? [`first operator’s token, shown once: ${token}`, ...introduction(config.data, address)]
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

function introduction(data: string, address: string): string[] {
  return [
    '',
    'Next, in another terminal:',
    ...nextSteps(data).map((line) => `  ${line}`),
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

export type Started = Running & { token?: string };

/** Opens the folder, serves it and takes commands for it. @returns with the first operator's token, if there was none yet. */
export async function startServer(config: Config): Promise<Started> {
  // Before the folder is touched.
  if (config.tls) readTls(config.tls);
  const parley = await openParley(config);
  let close = () => parley.close();
  try {
    const running = await serve(parley).catch((error) => {
      throw cannotListen(error, config) ?? error;
    });
    close = running.close;
    const control = await listenForCommands(parley.controlAddress, parley, folderCommands);
    close = async () => {
      await control.close();
      await running.close();
    };
    // Last, for a start that fails must not use up the one time that this token is shown.
    const isFirst = parley.access.operators().length === 0;
    const token = isFirst ? (await parley.access.addOperator('first')).token : undefined;
    return { ...running, token, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the system says in code when an address cannot be listened on, and what an operator does about it. */
const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Stop it, or name another port with --port',
  EADDRNOTAVAIL: 'this machine has no such address. Name one of its own with --host, or 0.0.0.0 for all',
  ENOTFOUND: 'that name has no address. Name an address of this machine with --host',
  EACCES:
    'the system keeps that port for privileged programs. Name one from 1024 with --port, and put a proxy before it',
};

function cannotListen(error: unknown, { host, port }: Config): CommandError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const fault = syscall === 'listen' || syscall === 'getaddrinfo' ? LISTEN_FAULTS[code ?? ''] : undefined;
  return fault === undefined
    ? undefined
    : new CommandError(`Parley cannot listen on port ${port} of ${host}: ${fault}.`);
}

/** Resolves when the signal says stop. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
