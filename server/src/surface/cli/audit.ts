import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AuditReport } from '#audit';
import { auditCsv, auditSummary } from '#audit/render';
import { day } from './app.ts';
import { CommandError, type FolderCommand, required, text, UsageError } from './command.ts';
import { licenseeNamed } from './named.ts';
import { plain, plainLines } from './table.ts';
import { rowsTable } from './usage.ts';

type Result = AuditReport & { csvFile?: string };

export const audit: FolderCommand = {
  place: 'folder',
  name: 'audit',
  summary: 'recount a licensee’s log and hold it against counters and tree',
  options: [
    ['--licensee <licensee>', 'name or id of the licensee whose log is read'],
    ['--from <day>', 'first UTC day'],
    ['--to <day>', 'UTC day after the last'],
    ['--openings', 'also open every call: recompute what its entry commits to, and the day’s dedupe'],
    ['--csv <file>', 'write sums and findings to a CSV file too'],
  ],
  async run(parley, input, { progress, signal }): Promise<Result> {
    const licensee = required(input, 'licensee');
    const from = day(input, 'from');
    const to = day(input, 'to');
    if (from === undefined || to === undefined)
      throw new UsageError('--from and --to are needed, as UTC days.');
    if (from >= to)
      throw new UsageError('--from must lie before --to (the day --to itself is not included).');
    const { licenseeId } = licenseeNamed(parley, licensee);
    const { audit: auditLog } = await import('#audit');
    const report = await auditLog(
      { terms: parley.terms, ledger: parley.ledger, ledgerDir: parley.ledgerDir },
      {
        licenseeId,
        from,
        to,
        openings: input.options.openings === true,
        signal,
        onProgress: (done, total) => progress({ done, total, text: `${done} of ${total} entries` }),
      },
    );
    const csv = text(input, 'csv');
    if (csv === undefined) return report;
    const csvFile = resolve(input.cwd, csv);
    try {
      writeFileSync(csvFile, auditCsv(report));
    } catch (cause) {
      throw new CommandError(`cannot write ${csvFile}: ${(cause as Error).message}`, { cause });
    }
    return { ...report, csvFile };
  },
  show: (report: Result) =>
    [
      plainLines(auditSummary(report)),
      '',
      rowsTable(report.rows),
      ...(report.csvFile === undefined ? [] : [`sums and findings written to ${plain(report.csvFile)}`]),
    ].join('\n'),
  failed: (report: Result) => !report.agrees,
};
