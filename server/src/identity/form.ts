import { isUtf8 } from 'node:buffer';

/** What of a query or form is looked at; nobody signs more fields. */
const PARAMETERS_MAX = 1_000;
/** As much of a form that is signed as is read: a picture of 5 MiB in base64 fits. Encoded it has as many at most. */
const FORM_LENGTH_MAX = 8 << 20;

/** A parameter as it stands in a signature's base string: decoded, and encoded by RFC 5849, 3.6. */
export type Encoded = readonly [name: string, value: string];

const [PLUS, BLANK, PERCENT] = [0x2b, 0x20, 0x25];
const UNRESERVED = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')
  UNRESERVED[char.charCodeAt(0)] = 1;
const DIGITS = Buffer.from('0123456789ABCDEF');
/** 16 for what is no digit. */
const DIGIT_VALUES = new Uint8Array(256).fill(16);
for (let value = 0; value < 16; value += 1) {
  const digit = DIGITS[value]!;
  DIGIT_VALUES[digit] = value;
  // `A` and `a` differ in one bit, which every decimal digit has already.
  DIGIT_VALUES[digit | 0x20] = value;
}

/**
 * A query or a form as its parameters, encoded anew (`+` is a blank); undefined for what is not UTF-8 in percent-encoding,
 * or too much. Byte by byte, because `encodeURIComponent` and regular expressions take seconds and hundreds of MiB for a
 * hostile text of this length; this takes tens of milliseconds.
 */
export function encodeForm(text: string): Encoded[] | undefined {
  if (text.length > FORM_LENGTH_MAX) return undefined;
  const parts = text.split('&', PARAMETERS_MAX + 1);
  if (parts.length > PARAMETERS_MAX) return undefined;
  const parameters: Encoded[] = [];
  let left = FORM_LENGTH_MAX;
  for (const part of parts) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = encodeAnew(at < 0 ? part : part.slice(0, at), left);
    const value = at < 0 ? '' : encodeAnew(part.slice(at + 1), left);
    if (name === undefined || value === undefined) return undefined;
    left -= name.length + value.length;
    parameters.push([name, value]);
  }
  return left < 0 ? undefined : parameters;
}

function encodeAnew(text: string, lengthMax: number): string | undefined {
  const bytes = Buffer.from(text);
  const size = decodeInPlace(bytes);
  if (size === undefined) return undefined;
  const decoded = bytes.subarray(0, size);
  if (!isUtf8(decoded)) return undefined;
  let length = size;
  for (const byte of decoded) if (UNRESERVED[byte] === 0) length += 2;
  if (length > lengthMax) return undefined;
  const encoded = Buffer.allocUnsafe(length);
  let end = 0;
  for (const byte of decoded) {
    if (UNRESERVED[byte] === 1) encoded[end++] = byte;
    else {
      encoded[end++] = PERCENT;
      encoded[end++] = DIGITS[byte >> 4]!;
      encoded[end++] = DIGITS[byte & 15]!;
    }
  }
  return encoded.toString('latin1');
}

/** @returns how many bytes it has now; undefined for a `%` without two digits. */
function decodeInPlace(bytes: Buffer): number | undefined {
  let size = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at]!;
    if (byte === PLUS) byte = BLANK;
    else if (byte === PERCENT) {
      const high = DIGIT_VALUES[bytes[at + 1] ?? 0]!;
      const low = DIGIT_VALUES[bytes[at + 2] ?? 0]!;
      if (high > 15 || low > 15) return undefined;
      byte = high * 16 + low;
      at += 2;
    }
    bytes[size++] = byte;
  }
  return size;
}
