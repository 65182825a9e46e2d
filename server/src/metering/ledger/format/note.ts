import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** Signed notes (c2sp.org/signed-note) with Ed25519 keys: a text, a blank line, signature lines. */
const ED25519 = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** Far above a checkpoint with every witness's cosignature; bounds what a hostile file can cost. */
export const NOTE_CHARACTERS_MAX = 1_000_000;
const DASH = '— ';

/** A note that cannot be trusted; the message says why. */
export class NoteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoteError';
  }
}

export type Verifier = { name: string; keyId: number; publicKey: KeyObject };
export type NoteSigner = { name: string; keyId: number; privateKey: KeyObject };

/** Standard base64 to bytes; undefined for anything but the one canonical text of those bytes. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** First four bytes of SHA-256(name ‖ 0x0A ‖ signature type ‖ public key), as a number. */
export function keyIdOf(name: string, publicKey: Uint8Array, type = ED25519): number {
  const data = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]);
  return hash('sha256', data, 'buffer').readUInt32BE(0);
}

const hex = (keyId: number) => keyId.toString(16).padStart(8, '0');

/** The 32 raw bytes of an Ed25519 key's public half. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** A key name is neither empty nor has spaces or a plus, since those end it in a note and in a verifier key. */
export function isKeyName(name: string): boolean {
  return (
    name.length > 0 && name.length <= 255 && !/[\s+\u0000-\u001f\u007f]/u.test(name) && name.isWellFormed()
  );
}

/** `<name>+<hex key id>+<base64(0x01 ‖ public key)>`. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  const key = Buffer.concat([Buffer.from([ED25519]), publicKey]).toString('base64');
  return `${name}+${hex(keyIdOf(name, publicKey))}+${key}`;
}

/** @throws NoteError unless it is a well-formed Ed25519 verifier key whose id fits its name and key. */
export function parseVerifierKey(vkey: string): Verifier {
  // The base64 part may itself hold a plus, so only the first two divide.
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(vkey.trim());
  const key = parts && fromBase64(parts[3]!);
  if (!parts || !key || key.length !== 1 + KEY_BYTES || key[0] !== ED25519 || !isKeyName(parts[1]!)) {
    throw new NoteError('a verifier key is <name>+<8 hex digits>+<base64 of an Ed25519 key>');
  }
  const name = parts[1]!;
  const raw = key.subarray(1);
  const keyId = keyIdOf(name, raw);
  if (hex(keyId) !== parts[2])
    throw new NoteError('the verifier key has another id than its name and key give');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return { name, keyId, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
}

export function createSigner(name: string, privateKey: KeyObject): NoteSigner {
  const raw = rawPublicKey(createPublicKey(privateKey));
  return { name, keyId: keyIdOf(name, raw), privateKey };
}

/** The note: text, blank line, one signature line. @param text ends in a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  return `${text}\n${signatureLine(signer.name, signer.keyId, signature)}`;
}

/** One signature line with its newline. @param signature what follows the key id */
export function signatureLine(name: string, keyId: number, signature: Uint8Array): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `${DASH}${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

export type SignatureLine = { name: string; keyId: number; signature: Buffer };

/** Splits a note into its text (with its last newline) and signatures, none of them verified. @throws NoteError */
export function parseNote(note: string): { text: string; signatures: SignatureLine[] } {
  if (note.length > NOTE_CHARACTERS_MAX) throw new NoteError('the note is too long');
  if (!note.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    throw new NoteError('a note is valid UTF-8 without control characters');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new NoteError('a note ends in a blank line and signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): SignatureLine {
  const parts = /^— (\S+) (\S+)$/u.exec(line);
  const blob = parts && fromBase64(parts[2]!);
  if (!parts || !blob || blob.length <= KEY_ID_BYTES || !isKeyName(parts[1]!)) {
    throw new NoteError('a signature line is malformed');
  }
  return { name: parts[1]!, keyId: blob.readUInt32BE(0), signature: blob.subarray(KEY_ID_BYTES) };
}

/**
 * The text of a note that the key has signed. Signatures by other keys are ignored; a bad one by this key
 * refuses the note. @throws NoteError
 */
export function openNote(note: string, verifier: Verifier): string {
  const { text, signatures } = parseNote(note);
  const own = signatures.filter((line) => line.name === verifier.name && line.keyId === verifier.keyId);
  if (own.length === 0) throw new NoteError(`the note is not signed by ${verifier.name}`);
  for (const { signature } of own) {
    const good =
      signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), verifier.publicKey, signature);
    if (!good) throw new NoteError(`the signature of ${verifier.name} is wrong`);
  }
  return text;
}
