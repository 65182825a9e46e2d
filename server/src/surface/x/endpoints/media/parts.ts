import { Transform } from 'node:stream';

/** As long as the parser takes one; RFC 2046, 5.1.1 has 70. */
const BOUNDARY_LENGTH_MAX = 200;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([\x20!\x23-\x5b\x5d-\x7e]+)"|([!\x23-\x3a\x3c-\x5b\x5d-\x7e]+))/i;
const LINE_END = '\r\n';

/** The boundary that a multipart content type names, printable ASCII without quotes; undefined for none, or one too long. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary !== undefined && boundary.length <= BOUNDARY_LENGTH_MAX ? boundary : undefined;
}

/**
 * Passes a multipart body on as it came, up to the piece in which more than `partsMax` parts begin: that one ends it in
 * `problem()`, before any of it is parsed. A parser goes through all of a piece that it was given, whatever its own limits
 * said, and 64 KiB have room for thousands of parts.
 */
export function limitParts(boundary: string, partsMax: number, problem: () => Error): Transform {
  const delimiter = Buffer.from(`${LINE_END}--${boundary}`, 'latin1');
  // The last delimiter ends the body and begins no part.
  const delimitersMax = partsMax + 1;
  // The first delimiter may be the first line.
  let tail = Buffer.from(LINE_END);
  let found = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, pass) {
      const text = Buffer.concat([tail, chunk]);
      let from = 0;
      for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, from)) {
        from = at + delimiter.length;
        found += 1;
        if (found > delimitersMax) return pass(problem());
      }
      // Where a delimiter may have begun.
      tail = text.subarray(Math.max(from, text.length - delimiter.length + 1));
      pass(null, chunk);
    },
  });
}
