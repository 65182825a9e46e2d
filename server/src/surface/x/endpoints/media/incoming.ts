import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { type JsonLimits, Problem, parseJson } from '#kernel';
import type { Flow } from '../../call/request-body.ts';
import { boundaryOf, limitParts } from './parts.ts';

/** A file of 5 MiB in base64, and what stands beside it: a larger one comes as multipart. */
const TEXT_BYTES_MAX = 8 << 20;
/** A file in base64 beside a few fields and 100 additional owners. */
const JSON_LIMITS: JsonLimits = { bytesMax: TEXT_BYTES_MAX, depthMax: 4, valuesMax: 256 };
/** More fields than any form of X's has. */
const FIELDS_MAX = 20;
/** Its fields and its file. */
const PARTS_MAX = FIELDS_MAX + 1;
/** Of one field that is no file: 100 additional owners. */
const HEADER_BYTES_MAX = 16 << 10;

/** A body of any of the forms in which clients send media: multipart, urlencoded, JSON. */
export type Incoming = {
  /** By name, of the query and of the body, which wins. Complete after `finish`: clients may put the file first. */
  fields: Map<string, unknown>;
  /** Undefined as long as none has come. To be read, or given up, before `finish`. */
  file?: { bytes: Readable; mediaType?: string };
  finish(): Promise<void>;
};

export function badBody(detail: string, cause?: unknown): Problem {
  return new Problem('body-invalid', { detail }, { cause });
}

/** Reads a body up to its file, or all of it when there is none. Throws Problem `body-invalid`, `body-too-large`, `overloaded`. */
export async function receive(flow: Flow, rawQuery: string): Promise<Incoming> {
  const fields = new Map<string, unknown>(new URLSearchParams(rawQuery));
  const type = flow.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return receiveParts(flow, fields);
  const bytes = await flow.whole(TEXT_BYTES_MAX);
  const entries = type === 'application/x-www-form-urlencoded' ? formOf(bytes) : jsonOf(bytes);
  for (const [name, value] of entries) fields.set(name, value);
  return { fields, finish: async () => undefined };
}

function formOf(bytes: Uint8Array): Iterable<[string, unknown]> {
  const text = Buffer.from(bytes).toString('utf8');
  if (text.split('&', FIELDS_MAX + 1).length > FIELDS_MAX)
    throw badBody(`The form has more than ${FIELDS_MAX} fields.`);
  return new URLSearchParams(text);
}

function jsonOf(bytes: Uint8Array): Iterable<[string, unknown]> {
  if (bytes.length === 0) return [];
  const value = parseJson(bytes, JSON_LIMITS, exactly);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badBody('The body is a JSON object.');
  return Object.entries(value);
}

/** v1.1's clients send ids as numbers, which a double cannot hold: such a one stays the digits that it was. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '')
    ? context?.source
    : value;
}

/** Resolves at the first file, or at the end. What follows the file is read by `finish`. */
function receiveParts(flow: Flow, fields: Map<string, unknown>): Promise<Incoming> {
  const begun = Promise.withResolvers<Incoming>();
  const ended = Promise.withResolvers<void>();
  // Told by `finish` to who asks; nobody has to.
  ended.promise.catch(() => undefined);
  const incoming: Incoming = { fields, finish: () => ended.promise };
  const given = new Set<string>();
  const boundary = boundaryOf(flow.contentType);
  if (boundary === undefined) throw noBoundary();
  const parser = parserOf(boundary);
  const limited = limitParts(boundary, PARTS_MAX, tooManyParts);

  function fail(problem: Error): void {
    flow.stream.unpipe(limited);
    limited.unpipe(parser);
    incoming.file?.bytes.destroy(problem);
    begun.reject(problem);
    ended.reject(problem);
  }
  function take(name: string, value: unknown): void {
    if (given.has(name)) fail(badBody(`The body has \`${name.slice(0, 64)}\` twice.`));
    given.add(name);
    fields.set(name, value);
  }

  parser.on('field', (name, value, isNameCut, isCut) => {
    if (isNameCut || isCut) return fail(new Problem('body-too-large'));
    try {
      flow.hold(Buffer.byteLength(value));
    } catch (problem) {
      return fail(problem as Error);
    }
    take(name, value);
  });
  parser.on('file', (name, bytes, _fileName, _encoding, mimeType) => {
    bytes.on('error', () => undefined);
    if (name !== 'media') {
      bytes.resume();
      return fail(badBody(`The file is the part named \`media\`, not \`${String(name).slice(0, 64)}\`.`));
    }
    // A part without a type counts as text (RFC 7578, 4.4): that says nothing of a file.
    incoming.file = mimeType === 'text/plain' ? { bytes } : { bytes, mediaType: mimeType };
    begun.resolve(incoming);
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => fail(tooManyParts()));
  parser.on('error', (error) => fail(badBody('The multipart body is damaged or ends too early.', error)));
  parser.on('finish', () => {
    begun.resolve(incoming);
    ended.resolve();
  });
  flow.stream.on('error', (error) =>
    fail(error instanceof Problem ? error : badBody('The body ended before it was whole.', error)),
  );
  limited.on('error', fail);
  flow.stream.pipe(limited).pipe(parser);
  return begun.promise;
}

function tooManyParts(): Problem {
  return badBody(
    `The body has more than one file or more than ${FIELDS_MAX} fields. Send one part named \`media\` and only the fields that this address takes.`,
  );
}

function noBoundary(cause?: unknown): Problem {
  return badBody('The content type of a multipart body names its boundary.', cause);
}

function parserOf(boundary: string): BusboyInstance {
  try {
    return new Busboy({
      // Written anew, so that the parser and the limit before it go by the same boundary.
      headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
      // A part with a name of a file, or of a type that is no text: base64 may come as a plain field.
      isPartAFile: (_name, type, fileName) => fileName !== undefined || type !== 'text/plain',
      limits: {
        files: 1,
        fields: FIELDS_MAX,
        parts: PARTS_MAX,
        fieldNameSize: 100,
        fieldSize: TEXT_BYTES_MAX,
        headerPairs: 20,
        headerSize: HEADER_BYTES_MAX,
      },
    });
  } catch (error) {
    throw noBoundary(error);
  }
}
