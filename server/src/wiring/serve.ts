import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { complianceRoutes } from '#compliance';
import {
  bearerOf,
  createMetrics,
  createServer,
  reachedBy,
  readTls,
  TLS_VERSION_MIN,
  type Unreadable,
} from '#http';
import { accessRoutes, unauthorized } from '#identity';
import { Problem, rangesOf } from '#kernel';
import { ledgerRoutes } from '#ledger';
import { mediaRoutes } from '#media';
import { pushRoutes } from '#sources';
import { registerApi } from '#x';
import { hostOf } from '../config.ts';
import type { Parley } from '../main.ts';

export type Running = {
  parley: Parley;
  /** `http://127.0.0.1:8080`. */
  address: string;
  /**
   * Reads certificate and key again, for connections from now on; those that are open keep theirs. Without HTTPS it does
   * nothing. @throws Error as at a start; then the old ones stay.
   */
  reloadTls(): void;
  /** Lets calls under way end, then closes all. */
  close(): Promise<void>;
};

/** Puts the modules' routes on one server and listens. @throws when the address cannot be had. */
export async function serve(parley: Parley): Promise<Running> {
  const unreadable: Unreadable = {};
  const { tls, trustProxy } = parley.config;
  const { otlpEndpoint } = parley.config;
  // Its packages are loaded only where traces are wanted.
  const tracing =
    otlpEndpoint === undefined
      ? undefined
      : await (await import('#http/tracing')).openTracing(otlpEndpoint, parley.logger.log);
  const around = { tls: tls && readTls(tls), trustProxy, logger: parley.logger, tracing };
  const server = createServer(parley.log, unreadable, around);
  const operatorOnly = (request: Parameters<typeof bearerOf>[0]) => {
    if (!parley.access.authoriseOperator(bearerOf(request)))
      throw unauthorized(request.headers.authorization, 'operator');
  };
  const proxies = rangesOf(parley.config.trustProxy ?? []);
  const baseOf = (request: Parameters<typeof bearerOf>[0]) =>
    reachedBy(request, {
      publicUrl: parley.config.publicUrl,
      own: parley.reach.base,
      isProxy: (address) => proxies.has(address),
    });
  unreadable.answer = registerApi(server, {
    ...parley,
    baseOf,
    tokens: parley.access.tokens,
    oauth2: parley.access.persons.oauth2,
  });
  accessRoutes(server, { ...parley, baseOf });
  complianceRoutes(server, {
    compliance: parley.compliance,
    baseOf,
  });
  pushRoutes(server, { writer: parley.writer, clock: parley.clock, authorise: operatorOnly });
  ledgerRoutes(server, {
    ledger: parley.ledger,
    authorise: (request, name) => {
      const token = bearerOf(request);
      const { authorization } = request.headers;
      if (token === undefined) throw unauthorized(authorization, 'licensee');
      if (parley.access.mayReadLog(token, name)) return;
      // Another licensee's log does not exist for this one; who is nobody's is told so, and no more.
      const isLicensee = parley.terms.logOf(token, parley.clock.now()) !== undefined;
      throw isLicensee ? new Problem('not-found') : unauthorized(authorization, 'licensee');
    },
  });
  mediaRoutes(server, parley.media);
  server.get('/healthz', { exposeHeadRoute: true }, (_request, reply) => {
    const healthy = parley.ledger.healthy();
    reply.code(healthy ? 200 : 503).send({ status: healthy ? 'ok' : 'the ledger cannot record calls' });
  });
  const metrics = createMetrics({ ...parley, tracing }, server.stats);
  server.get('/metrics', { onRequest: async (request) => operatorOnly(request) }, async (_request, reply) => {
    reply.type(metrics.type);
    return metrics.text();
  });
  parley.network.start();
  await server.listen({ host: parley.config.host, port: parley.config.port });
  const { port } = server.server.address() as AddressInfo;
  const address = `${tls ? 'https' : 'http'}://${hostOf(parley.config)}:${port}`;
  parley.reach.base = parley.config.publicUrl ?? address;
  parley.logger.info('listening', {
    address,
    data: parley.folder.path,
    origin: parley.folder.origin,
    node: process.version,
    pid: process.pid,
  });
  return {
    parley,
    address,
    reloadTls() {
      if (tls)
        (server.server as unknown as TlsServer).setSecureContext({
          ...readTls(tls),
          minVersion: TLS_VERSION_MIN,
        });
    },
    async close() {
      const start = performance.now();
      parley.logger.info('stopping');
      // Nobody who waits for the platform's backend keeps the server from ending.
      await parley.network.stop();
      await server.close();
      await tracing?.close();
      parley.logger.info('stopped', { ms: Math.round(performance.now() - start) });
      await parley.close();
    },
  };
}
