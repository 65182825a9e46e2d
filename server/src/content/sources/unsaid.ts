/**
 * Which fields a record left out. Records of one source mostly leave out the same ones, so each combination is kept
 * once: a batch that crosses threads then carries it once too.
 */
export function unsaidFields<Field extends string>(fields: readonly Field[]) {
  const known = new Map<number, readonly Field[]>();
  return (isUnsaid: (field: Field) => boolean): readonly Field[] => {
    let mask = 0;
    for (let bit = 0; bit < fields.length; bit++) if (isUnsaid(fields[bit]!)) mask |= 1 << bit;
    let combination = known.get(mask);
    if (!combination) {
      combination = fields.filter((_field, bit) => mask & (1 << bit));
      if (known.size < COMBINATIONS_MAX) known.set(mask, combination);
    }
    return combination;
  };
}

/** A hostile file could make every combination; the rest is then made anew each time. */
const COMBINATIONS_MAX = 4_096;
