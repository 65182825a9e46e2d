import type { UsageRow } from '#terms';
import type { AuditReport } from './port.ts';

const COLUMNS = [
  'licenseeId',
  'appId',
  'day',
  'operation',
  'calls',
  'posts',
  'persons',
  'billed',
  'personsBilled',
  'micros',
] as const satisfies (keyof UsageRow)[];

/**
 * One CSV cell (RFC 4180). A text that a spreadsheet would take for a formula (begins with = + - @, tab or CR)
 * gets an apostrophe before it (OWASP, CSV Injection).
 */
export function csvCell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv(lines: readonly (readonly (string | number | null | undefined)[])[]): string {
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** Rows of a usage report or an audit as CSV with a header line. */
export function usageCsv(rows: readonly UsageRow[]): string {
  return csv([COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name]))]);
}

/** An audit as CSV: its rows, each with `ok`, then one line a finding in the same columns' place. */
export function auditCsv({ rows, findings }: AuditReport): string {
  const header = ['record', ...COLUMNS, 'finding', 'index', 'expected', 'found', 'what'];
  const none = COLUMNS.map(() => '');
  return csv([
    header,
    ...rows.map((row) => ['sum', ...COLUMNS.map((name) => row[name]), '', '', '', '', '']),
    ...findings.map(({ kind, what, index, appId, day, operation, expected, found }) => [
      'finding',
      ...none
        .with(1, appId ?? '')
        .with(2, day ?? '')
        .with(3, operation ?? ''),
      kind,
      index,
      expected,
      found,
      what,
    ]),
  ]);
}

/** An audit's answer in a few lines for a person; the rows are the caller's table to draw. */
export function auditSummary(report: AuditReport): string {
  const yes = (agrees: boolean) => (agrees ? 'agree' : 'DO NOT AGREE');
  const { entries, treeSize, counterEntries, findings, findingsLeftOut } = report;
  const lines = [
    `log ${report.log}, ${report.from} to ${report.to} (excluded), UTC`,
    `entries    ${yes(report.entriesAgree)}: ${entries} read, every index, total and price recomputed`,
    `counters   ${yes(report.countersAgree)}: ${counterEntries} entries counted by the server`,
    `tree size  ${yes(report.treeSizeAgrees)}: ${treeSize} entries signed`,
    ...report.notChecked.map((line) => `not checked: ${line}`),
    ...report.notes.map((line) => `note: ${line}`),
    ...findings.map(
      ({ kind, index, what, expected, found }) =>
        `${kind}${index === undefined ? '' : ` at entry ${index}`}: ${what}${expected === undefined ? '' : ` expected ${expected}`}${found === undefined ? '' : `, found ${found}`}`,
    ),
  ];
  if (findingsLeftOut > 0) lines.push(`and ${findingsLeftOut} findings more`);
  return lines.join('\n');
}
