import type { Change } from '#posts';
import type { SourceReading } from '../reading.ts';
import { optionalTime } from '../time.ts';
import { unsaidFields } from '../unsaid.ts';
import { idValue, type JsonValue, optionalBoolean, optionalText, textValue } from '../value.ts';

type XList = Omit<Extract<Change, { kind: 'list' }>, 'kind'>;

const KEYS = { description: 'description', private: 'private', createdAt: 'created_at' } as const;
const unsaidOf = unsaidFields<keyof typeof KEYS>(Object.keys(KEYS) as (keyof typeof KEYS)[]);

/** True for an X API v2 list object that says whose it is; without that nobody may be told of it. */
export function isXList(object: JsonValue): boolean {
  return object.owner_id !== undefined && object.name !== undefined && object.username === undefined;
}

/** An X API v2 list object. How many members and followers it has is counted here, from those that are told. */
export function xList(object: JsonValue, reading: SourceReading): XList {
  return {
    list: {
      id: idValue(object.id, 'id'),
      ownerId: idValue(object.owner_id, 'owner_id'),
      name: textValue(object.name, 'name'),
      description: optionalText(object, 'description') ?? '',
      private: optionalBoolean(object, 'private') ?? false,
      createdAt: optionalTime(object.created_at, 'created_at') ?? reading.now,
    },
    unsaid: unsaidOf((field) => object[KEYS[field]] === undefined || object[KEYS[field]] === null),
  };
}
