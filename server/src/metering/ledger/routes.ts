import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import { SALT_BYTES } from './format/opening.ts';
import { parseTileAddress } from './format/tile.ts';
import { isLogName } from './keys.ts';
import type { Ledger, Opening } from './port.ts';

/** A log is one licensee's: shared caches must not keep it. What a tile's address names never changes. */
const IMMUTABLE = 'private, max-age=31536000, immutable';
/** Checkpoints, and receipts under them, are replaced a few times a second. */
const FRESH = 'private, max-age=1';
/** Openings hold ids that an author may have erased at any time. */
const NEVER = 'private, no-store';
const BYTES = 'application/octet-stream';
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
/** The integrator publishes well within this. */
const RETRY_SECONDS = 1;

export type LedgerRoutes = {
  ledger: Pick<Ledger, 'reader' | 'state' | 'logs'>;
  /** Throws a Problem unless this request may read the log. Asked before anything else, for logs that do not exist too. */
  authorise: (request: FastifyRequest, log: string) => void | Promise<void>;
};

type Address = { log: string; '*': string };

/** Serves `/ledger/<log>/checkpoint|tile/…|receipts/<index>|openings/<index>` (c2sp.org/tlog-tiles and our own two). */
export function ledgerRoutes(server: FastifyInstance, { ledger, authorise }: LedgerRoutes): void {
  server.get<{ Params: Address }>('/ledger/:log/*', async (request, reply) => {
    const { log, '*': rest } = request.params;
    if (!isLogName(log)) throw new Problem('not-found');
    await authorise(request, log);
    const slash = rest.indexOf('/');
    const what = slash < 0 ? rest : rest.slice(0, slash);
    const path = slash < 0 ? undefined : rest.slice(slash + 1);
    if (what === 'checkpoint' && path === undefined) return sendCheckpoint(ledger, reply, log);
    if (what === 'tile' && path !== undefined) return sendTile(ledger, reply, log, path);
    const index = path === undefined ? undefined : parseIndex(path);
    if (what === 'receipts' && index !== undefined) return sendReceipt(ledger, reply, log, index);
    if (what === 'openings' && index !== undefined) return sendOpening(ledger, reply, log, index);
    throw new Problem('not-found');
  });
}

/** Decimal without leading zeros; undefined for anything else. */
function parseIndex(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;
}

function sendCheckpoint(ledger: LedgerRoutes['ledger'], reply: FastifyReply, log: string): FastifyReply {
  const checkpoint = ledger.reader.checkpoint(log);
  if (checkpoint === undefined) throw new Problem('not-found');
  return reply.type(TEXT).header('cache-control', FRESH).send(checkpoint.text);
}

async function sendTile(ledger: LedgerRoutes['ledger'], reply: FastifyReply, log: string, path: string) {
  const address = parseTileAddress(path);
  if (address === undefined) throw new Problem('not-found');
  const { level, n, width } = address;
  const { reader } = ledger;
  const bytes =
    level === 'entries' ? await reader.entryBundle(log, n, width) : await reader.tile(log, level, n, width);
  if (bytes === undefined) throw new Problem('not-found');
  return reply.type(BYTES).header('cache-control', IMMUTABLE).send(bytes);
}

async function sendReceipt(ledger: LedgerRoutes['ledger'], reply: FastifyReply, log: string, index: number) {
  const receipt = await ledger.reader.receipt(log, index);
  if (receipt === undefined) throw notThere(ledger, log, index);
  return reply.type(TEXT).header('cache-control', FRESH).send(receipt);
}

async function sendOpening(ledger: LedgerRoutes['ledger'], reply: FastifyReply, log: string, index: number) {
  const opening = await ledger.reader.opening(log, index);
  if (opening === undefined) throw notThere(ledger, log, index);
  return reply.type(JSON_TYPE).header('cache-control', NEVER).send(presentOpening(index, opening));
}

/** A call is answered before it is in the log: within a second of its reply it will be. */
function notThere(ledger: LedgerRoutes['ledger'], log: string, index: number): Problem {
  const isKnown = ledger.logs().some((one) => one.log === log);
  const size = ledger.reader.checkpoint(log)?.size ?? 0;
  if (!isKnown || index < size || index >= ledger.state(log).size) return new Problem('not-found');
  const detail = `Entry ${index} is recorded and not yet in the log. Ask again in a second.`;
  return new Problem('not-found', { detail }, { headers: { 'retry-after': String(RETRY_SECONDS) } });
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** An opening as JSON: bytes are base64, an erased item keeps its digest, an erased item's salt is null. */
export function presentOpening(index: number, opening: Opening) {
  const { seed, salts, items, request } = opening;
  return {
    index,
    ...(seed && { seed: base64(seed) }),
    ...(salts && { salts: presentSalts(salts, items) }),
    items: items.map((item) =>
      item.kind === 'erased' ? { kind: item.kind, digest: base64(item.digest) } : item,
    ),
    request: {
      method: request.method,
      target: request.target,
      bodyDigest: base64(request.bodyDigest),
      ...(request.signature && {
        signatureBase: request.signatureBase,
        signature: base64(request.signature),
      }),
    },
  };
}

function presentSalts(salts: Uint8Array, items: Opening['items']): (string | null)[] {
  return Array.from({ length: items.length + 1 }, (_, i) =>
    i > 0 && items[i - 1]?.kind === 'erased'
      ? null
      : base64(salts.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES)),
  );
}
