import { createPublicKey, sign, verify } from 'node:crypto';
import type { NoteSigner, Verifier } from './note.ts';
import { keyIdOf, NoteError, parseNote, rawPublicKey, signatureLine } from './note.ts';

/**
 * Cosignatures (c2sp.org/tlog-cosignature, Ed25519): the statement that, as of a time, a checkpoint is the largest
 * consistent tree that the signer knows of the log. A log makes it of itself, with the key of its checkpoints: a
 * smaller tree that it signs at a later time proves that the log was rolled back.
 */
const COSIGNATURE = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

const message = (text: string, seconds: number | bigint) =>
  Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);

/** A log's own cosignature line. @param text the checkpoint without signatures. @param seconds Unix time */
export function cosign(text: string, signer: NoteSigner, seconds: number): string {
  const blob = Buffer.alloc(TIME_BYTES);
  blob.writeBigUInt64BE(BigInt(seconds));
  const keyId = keyIdOf(signer.name, rawPublicKey(createPublicKey(signer.privateKey)), COSIGNATURE);
  const signature = sign(null, message(text, seconds), signer.privateKey);
  return signatureLine(signer.name, keyId, Buffer.concat([blob, signature]));
}

/**
 * The Unix time of the log's own cosignature; undefined if the note has none.
 * @throws NoteError if one by this key is wrong, or there are two
 */
export function cosignedAt(note: string, verifier: Verifier): number | undefined {
  const { text, signatures } = parseNote(note);
  const keyId = keyIdOf(verifier.name, rawPublicKey(verifier.publicKey), COSIGNATURE);
  const own = signatures.filter((line) => line.name === verifier.name && line.keyId === keyId);
  if (own.length === 0) return undefined;
  const blob = own[0]!.signature;
  if (own.length > 1 || blob.length !== TIME_BYTES + SIGNATURE_BYTES) {
    throw new NoteError(`the cosignature of ${verifier.name} is malformed`);
  }
  const seconds = blob.readBigUInt64BE();
  const isGood = verify(null, message(text, seconds), verifier.publicKey, blob.subarray(TIME_BYTES));
  if (!isGood || seconds > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new NoteError(`the cosignature of ${verifier.name} is wrong`);
  }
  return Number(seconds);
}

/** The time of a cosignature by the origin's own name, unverified: for a note that is vouched for otherwise. 0 if there is none. */
export function readCosignedAt(note: string): number {
  const { text, signatures } = parseNote(note);
  const name = text.slice(0, text.indexOf('\n'));
  const own = signatures.find(
    (line) => line.name === name && line.signature.length === TIME_BYTES + SIGNATURE_BYTES,
  );
  return own === undefined ? 0 : Number(own.signature.readBigUInt64BE());
}
