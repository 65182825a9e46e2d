import type { Upload } from '#media';
import { type OperationContext, type OperationDeps, operation } from '../../operation.ts';
import { metadataAnswer } from './answer.ts';
import { idField } from './fields.ts';
import { badBody, type Incoming } from './incoming.ts';

export const createMediaMetadata = operation({
  id: 'createMediaMetadata',
  path: '/2/media/metadata',
  method: 'POST',
  tag: 'Media',
  summary: 'Describes a medium in words',
  about: 'Alt text of at most 1,000 characters, before a post uses it; empty text takes it away.',
  auth: ['person'],
  scopes: ['media.write'],
  writes: true,
  body: 'MediaMetadataRequest',
  parameters: {},
  answer: 'MediaMetadataAnswer',
  prepare: () => undefined,
  check: ({ body }) => void metadataOf(body),
  read: (context, deps) => metadataAnswer(describe(context, deps, metadataOf(context.body))),
});

type Metadata = { id: string; text: string };

export function describe(
  { viewer = '' }: OperationContext<unknown>,
  { media }: OperationDeps,
  { id, text }: Metadata,
): Upload {
  return media.setAltText(viewer, id, text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function metadataOf(body: unknown): Metadata {
  if (!isObject(body) || typeof body.id !== 'string' || !isObject(body.metadata))
    throw badBody('The body is {"id": "…", "metadata": {"alt_text": {"text": "…"}}}.');
  const others = Object.keys(body.metadata).filter((name) => name !== 'alt_text');
  if (others.length > 0) throw badBody(`Of metadata only \`alt_text\` is kept here, not \`${others[0]}\`.`);
  return { id: body.id, text: altTextOf(body.metadata.alt_text) };
}

/** The older body: `{"media_id", "alt_text": {"text"}}`. */
export function olderMetadataOf({ fields }: Incoming): Metadata {
  return { id: idField(fields, 'media_id'), text: altTextOf(fields.get('alt_text')) };
}

function altTextOf(given: unknown): string {
  if (!isObject(given) || typeof given.text !== 'string') throw badBody('`alt_text` is {"text": "…"}.');
  return given.text;
}
