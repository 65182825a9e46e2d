import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { openCheckpoint, parseCheckpointText, signCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT } from './hash.ts';
import {
  createSigner,
  formatVerifierKey,
  NoteError,
  openNote,
  parseVerifierKey,
  rawPublicKey,
  signNote,
} from './note.ts';
import { formatReceipt, parseReceipt } from './receipt.ts';

/** RFC 8032 §7.1, test 1: a secret key that everybody knows. */
const SECRET = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(SECRET, 'hex')]),
  format: 'der',
  type: 'pkcs8',
});
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const signer = createSigner('example.com/foo', privateKey);
const vkey = formatVerifierKey('example.com/foo', PUBLIC);

/** The signed note and keys of the Go implementation's documentation (golang.org/x/mod/sumdb/note). */
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

test('the signed note of the Go implementation opens, and not with a letter changed', () => {
  assert.ok(openNote(GO_NOTE, parseVerifierKey(GO_KEY)).startsWith('If you think'));
  assert.throws(() => openNote(GO_NOTE.replace('think', 'thinK'), parseVerifierKey(GO_KEY)), NoteError);
});

test('the verifier key of the specification is read, and written back the same', () => {
  const known = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const verifier = parseVerifierKey(known);
  assert.equal(verifier.name, 'example.com/foo');
  assert.equal(verifier.keyId, 0x530d903a);
  assert.equal(formatVerifierKey('example.com/foo', rawPublicKey(verifier.publicKey)), known);
});

test('what is signed opens with its key and no other', () => {
  const note = signNote('This is an example message.\n', signer);
  assert.equal(openNote(note, parseVerifierKey(vkey)), 'This is an example message.\n');
  assert.throws(() => openNote(note, parseVerifierKey(GO_KEY)), /not signed by PeterNeumann/);
});

test('signatures by unknown keys are ignored, a bad one by the known key refuses the note', () => {
  const note = signNote('text\n', signer);
  const line = note.slice(note.indexOf('— '));
  const stranger = '— stranger.example AAAAAAAAAAAA\n';
  assert.equal(openNote(note + stranger, parseVerifierKey(vkey)), 'text\n');
  assert.throws(() => openNote(`text\n\n${stranger}`, parseVerifierKey(vkey)), NoteError);
  assert.throws(() => openNote(`other\n\n${line}`, parseVerifierKey(vkey)), /is wrong/);
  assert.throws(() => openNote(`other\n\n${stranger}${line}`, parseVerifierKey(vkey)), /is wrong/);
  const bad = signNote('other\n', signer).split('\n\n')[1]!;
  assert.throws(() => openNote(note + bad, parseVerifierKey(vkey)), /is wrong/, 'one good and one bad');
});

const MALFORMED_NOTES: [string, string][] = [
  ['no signatures', 'text\n'],
  ['no blank line', 'text\n— a AAAAAAAA\n'],
  ['no newline at the end', 'text\n\n— a AAAAAAAA'],
  ['a hyphen for the dash', 'text\n\n- a AAAAAAAA\n'],
  ['two spaces', 'text\n\n—  a AAAAAAAA\n'],
  ['base64 that is not canonical', 'text\n\n— a AAAAAAB=\n'],
  ['a signature of nothing', 'text\n\n— a AAAAAA==\n'],
  ['a control character', 'te\txt\n\n— a AAAAAAAA\n'],
  ['a plus in the name', 'text\n\n— a+b AAAAAAAA\n'],
  ['an empty line among signatures', 'text\n\n— a AAAAAAAA\n\n'],
];
for (const [title, note] of MALFORMED_NOTES) {
  test(`a note is refused with ${title}`, () => {
    assert.throws(() => openNote(note, parseVerifierKey(vkey)), NoteError);
  });
}

const MALFORMED_KEYS = [
  '',
  'example.com/foo',
  'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  'example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  'example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  'example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2',
  'exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
];
test('a verifier key is refused unless its id fits its name and key', () => {
  for (const key of MALFORMED_KEYS) assert.throws(() => parseVerifierKey(key), NoteError, key);
});

test('a checkpoint is origin, size and root, signed under the origin', () => {
  const note = signCheckpoint(70_000, EMPTY_ROOT, signer);
  assert.ok(
    note.startsWith(
      'example.com/foo\n70000\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.com/foo ',
    ),
  );
  const opened = openCheckpoint(note, parseVerifierKey(vkey));
  assert.deepEqual(opened, { origin: 'example.com/foo', size: 70_000, root: EMPTY_ROOT });
  const foreign = signNote('example.com/bar\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', signer);
  assert.throws(() => openCheckpoint(foreign, parseVerifierKey(vkey)), /the origin is not/);
});

const ROOT_LINE = EMPTY_ROOT.toString('base64');
const MALFORMED_CHECKPOINTS = [
  `o\n01\n${ROOT_LINE}\n`,
  `o\n-1\n${ROOT_LINE}\n`,
  `o\n1e3\n${ROOT_LINE}\n`,
  `o\n9007199254740993\n${ROOT_LINE}\n`,
  `o\n1\n${ROOT_LINE.slice(4)}\n`,
  `o\n1\n${ROOT_LINE}`,
  `o\n1\n${ROOT_LINE}\n\n`,
  `\n1\n${ROOT_LINE}\n`,
  'o\n1\n',
];
test('a checkpoint is refused in any other form, and may have extension lines', () => {
  for (const text of MALFORMED_CHECKPOINTS) {
    assert.throws(() => parseCheckpointText(text), NoteError, JSON.stringify(text));
  }
  assert.equal(parseCheckpointText(`o\n0\n${ROOT_LINE}\nextension\n`).size, 0);
});

test('a receipt is a tlog-proof file and reads back the same', () => {
  const checkpoint = signCheckpoint(3, EMPTY_ROOT, signer);
  const receipt = { index: 1, hashes: [EMPTY_ROOT, PUBLIC], extra: Buffer.from('entry'), checkpoint };
  const text = formatReceipt(receipt);
  const lines = [
    'c2sp.org/tlog-proof@v1',
    'extra ZW50cnk=',
    'index 1',
    ROOT_LINE,
    PUBLIC.toString('base64'),
    '',
  ];
  assert.equal(text, `${lines.join('\n')}\n${checkpoint}`);
  assert.deepEqual(parseReceipt(text), receipt);
  const bare = formatReceipt({ ...receipt, extra: undefined, hashes: [] });
  assert.equal(bare, `c2sp.org/tlog-proof@v1\nindex 1\n\n${checkpoint}`);
  assert.deepEqual(parseReceipt(bare), { ...receipt, extra: undefined, hashes: [] });
});
