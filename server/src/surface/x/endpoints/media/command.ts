import { Problem } from '#kernel';
import type { Upload } from '#media';
import type { Operation, OperationContext, OperationDeps } from '../../operation.ts';
import { declaredOf, idField, integerField, stageFile, textField } from './fields.ts';
import { badBody, type Incoming, receive } from './incoming.ts';

/** The largest part that the module takes, with what stands around it in a multipart body. */
export const BODY_BYTES_MAX = 16 << 20;
export const CONTENT_TYPES = [
  'multipart/form-data',
  'application/json',
  'application/x-www-form-urlencoded',
] as const;

/** X's older form: one address, and the body says what it is. */
const COMMANDS = {
  INIT: 'initializeMediaUpload',
  APPEND: 'appendMediaUpload',
  FINALIZE: 'finalizeMediaUpload',
  STATUS: 'getMediaUploadStatus',
} as const;
export type Command = keyof typeof COMMANDS;

/** The body as it comes, and the operation that it asks for: each command has the window of the address it stands for. */
export const COMMAND_BODY: NonNullable<Operation['raw']> = {
  bytesMax: BODY_BYTES_MAX,
  contentTypes: CONTENT_TYPES,
  async begin(flow, rawQuery) {
    const incoming = await receive(flow, rawQuery);
    const command = commandOf(incoming);
    return { id: command ? COMMANDS[command] : 'mediaUpload', body: incoming };
  },
};

/** @param id the operation that the address itself names. */
export function bodyFor(id: string): NonNullable<Operation['raw']> {
  return {
    bytesMax: BODY_BYTES_MAX,
    contentTypes: CONTENT_TYPES,
    begin: async (flow, rawQuery) => ({ id, body: await receive(flow, rawQuery) }),
  };
}

export function commandOf({ fields }: Incoming): Command | undefined {
  const command = textField(fields, 'command')?.toUpperCase();
  if (command !== undefined && !(command in COMMANDS))
    throw badBody(`\`command\` is one of ${Object.keys(COMMANDS).join(', ')}.`);
  return command as Command | undefined;
}

/** Whose call it is, what it brought, and the module. */
export function partsOf({ viewer, grant, body }: OperationContext<unknown>, { media }: OperationDeps) {
  // Only persons' tokens come this far.
  if (viewer === undefined || !grant) throw new Problem('internal', {}, { cause: new Error('no person') });
  return { personId: viewer, appId: grant.appId, incoming: body as Incoming, media };
}

type Parts = ReturnType<typeof partsOf>;

/** The whole file in one request. */
export async function plain({ personId, appId, incoming, media }: Parts): Promise<Upload> {
  const found = await stageFile(incoming, media, { appId, personId });
  if (!found) throw badBody('`media` is missing: the file, as a part or in base64.');
  const { staged, mediaType } = found;
  try {
    const declared = declaredOf(incoming.fields);
    return await media.upload(personId, staged, { ...declared, mediaType: declared.mediaType ?? mediaType });
  } finally {
    await staged.release();
  }
}

export async function initialize({ personId, incoming, media }: Parts): Promise<Upload> {
  await noFile(incoming);
  return media.initialize(personId, {
    ...declaredOf(incoming.fields),
    totalBytes: integerField(incoming.fields, 'total_bytes'),
  });
}

/** @param id where the address names it. */
export async function append({ personId, appId, incoming, media }: Parts, id?: string): Promise<Upload> {
  const found = await stageFile(incoming, media, { appId, personId });
  if (!found) throw badBody('`media` is missing: the segment, as a part or in base64.');
  try {
    const index = integerField(incoming.fields, 'segment_index');
    return await media.append(personId, id ?? idField(incoming.fields, 'media_id'), index, found.staged);
  } finally {
    await found.staged.release();
  }
}

export async function finalize({ personId, appId, incoming, media }: Parts, id?: string): Promise<Upload> {
  await noFile(incoming);
  return media.finalize({ appId, personId }, id ?? idField(incoming.fields, 'media_id'));
}

export async function status({ personId, incoming, media }: Parts): Promise<Upload> {
  await noFile(incoming);
  return media.status(personId, idField(incoming.fields, 'media_id'));
}

/** Of what takes none. */
export async function noFile(incoming: Incoming): Promise<void> {
  if (incoming.file) {
    incoming.file.bytes.resume();
    throw badBody('No `media` is taken here.');
  }
  await incoming.finish();
}

/** Does what the body says. */
export function run(command: Command | undefined, parts: Parts): Promise<Upload> {
  switch (command) {
    case 'INIT':
      return initialize(parts);
    case 'APPEND':
      return append(parts);
    case 'FINALIZE':
      return finalize(parts);
    case 'STATUS':
      return status(parts);
    default:
      return plain(parts);
  }
}
