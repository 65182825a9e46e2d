/**
 * What a file is, by its first bytes and by nothing else. Names and declared types are only held against it.
 */

/** Formats that are kept, by their MIME types. */
const KEPT_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'video/mp4',
  'video/quicktime',
] as const;
export type KeptType = (typeof KEPT_TYPES)[number];

/** Bytes that are looked at. */
export const SNIFF_BYTES = 512;

/** Signatures of what is refused, so that the refusal can name it: the IANA registry's and the formats' own. */
const OTHERS: readonly [type: string, at: number, bytes: string][] = [
  ['application/pdf', 0, '%PDF-'],
  ['application/zip', 0, 'PK\x03\x04'],
  ['application/gzip', 0, '\x1f\x8b'],
  ['application/x-executable', 0, '\x7fELF'],
  ['application/x-msdownload', 0, 'MZ'],
  ['video/webm', 0, '\x1a\x45\xdf\xa3'],
  ['video/x-msvideo', 8, 'AVI '],
  ['audio/wav', 8, 'WAVE'],
  ['video/x-flv', 0, 'FLV'],
  ['image/tiff', 0, 'II*\x00'],
  ['image/tiff', 0, 'MM\x00*'],
  ['image/bmp', 0, 'BM'],
  ['image/vnd.adobe.photoshop', 0, '8BPS'],
  ['image/x-icon', 0, '\x00\x00\x01\x00'],
  ['image/jxl', 0, '\xff\x0a'],
  ['image/jp2', 4, 'jP  '],
  ['audio/mpeg', 0, 'ID3'],
  ['audio/ogg', 0, 'OggS'],
];

/** Brands of ISO/IEC 14496-12 files that hold video for the web. */
const MP4_BRANDS = new Set(
  'isom,iso2,iso3,iso4,iso5,iso6,iso7,iso8,iso9,mp41,mp42,avc1,M4V ,MSNV,dash,f4v ,mmp4'.split(','),
);
const BRANDS: Readonly<Record<string, string>> = {
  'qt  ': 'video/quicktime',
  heic: 'image/heic',
  heix: 'image/heic',
  mif1: 'image/heif',
  avif: 'image/avif',
  avis: 'image/avif',
  'M4A ': 'audio/mp4',
};

/** @returns a MIME type; `application/octet-stream` for what has no signature that is known here. */
export function typeOf(head: Uint8Array): string {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SNIFF_BYTES)).toString(
    'latin1',
  );
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'image/gif';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 8) === 'ftyp') {
    const brand = text.slice(8, 12);
    return MP4_BRANDS.has(brand) ? 'video/mp4' : (BRANDS[brand] ?? 'application/mp4');
  }
  // QuickTime files from before ISO took the format over begin with any of its boxes.
  if (['moov', 'mdat', 'wide'].includes(text.slice(4, 8))) return 'video/quicktime';
  const other = OTHERS.find(([, at, bytes]) => text.startsWith(bytes, at));
  if (other) return other[0];
  return typeOfText(text);
}

function typeOfText(text: string): string {
  const start = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<svg[\s/>]/i.test(start) || (start.startsWith('<?xml') && /<svg[\s/>]/i.test(start)))
    return 'image/svg+xml';
  if (/^<(!doctype html|html|head|body|script|iframe|!--)/i.test(start)) return 'text/html';
  if (start.startsWith('<?xml')) return 'application/xml';
  return text !== '' && !/[\x00-\x08\x0e-\x1f]/.test(text) ? 'text/plain' : 'application/octet-stream';
}

export function isKept(type: string): type is KeptType {
  return (KEPT_TYPES as readonly string[]).includes(type);
}

/** Names that mean the same type, as clients write them. */
const SAME: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'video/x-m4v': 'video/mp4',
};

/** A declared MIME type, or undefined for one that says nothing. Case and parameters do not matter. */
export function declaredType(text: string | undefined): string | undefined {
  const type = text?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type === 'application/octet-stream' || type === 'binary/octet-stream') return undefined;
  return SAME[type] ?? type;
}
