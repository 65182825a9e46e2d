/** Rows as aligned text columns. Numbers are set right. Control characters of foreign text are shown as dots. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => plain(cell === null || cell === undefined ? '–' : String(cell))),
  );
  const numeric = head.map((_, column) =>
    rows.every((row) => typeof row[column] === 'number' || row[column] == null),
  );
  const width = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const gap = ' '.repeat((width[column] ?? 0) - [...cell].length);
          return numeric[column] ? gap + cell : cell + gap;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Foreign text for a terminal: no escape sequence, no line break. */
export function plain(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '·');
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** `1 post`, `2 posts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Integer micro-dollars as dollars: 5000 → `$0.005`, 210000000000 → `$210,000.00`. */
export function dollars(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(micros) / 1_000_000).toLocaleString('en-US');
  const part = String(Math.abs(micros) % 1_000_000)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${sign}$${whole}.${part}`;
}
