import { DAY_MS } from '#kernel/clock';
import { OPERATOR, type Usage } from '#terms/port';
import { day } from './app.ts';
import { type FolderCommand, text, UsageError } from './command.ts';
import { licenseeNamed } from './named.ts';
import { counted, dollars, table } from './table.ts';

export const usage: FolderCommand = {
  place: 'folder',
  name: 'usage',
  summary: 'what was taken, by app, day and operation, from the counters',
  options: [
    ['--licensee <licensee>', 'name or id of a licensee: only that one'],
    ['--from <day>', 'first UTC day (default the first of this month)'],
    ['--to <day>', 'UTC day after the last (default tomorrow)'],
  ],
  async run(parley, input): Promise<Usage> {
    const now = parley.clock.now();
    const date = new Date(now);
    const from = day(input, 'from') ?? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    const to = day(input, 'to') ?? (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    if (from >= to)
      throw new UsageError('--from must lie before --to (the day --to itself is not included).');
    const licensee = text(input, 'licensee');
    const tenant = licensee === undefined ? OPERATOR : licenseeNamed(parley, licensee).licenseeId;
    return parley.terms.usage(tenant, { from, to });
  },
  show: (report: Usage) =>
    [
      `${report.from} to ${report.to} (excluded), UTC`,
      '',
      rowsTable(report.rows),
      '',
      table(
        ['app', 'name', 'plan', 'cap a month', 'billed this month', 'remaining', 'spent', 'resets'],
        report.apps.map((app) => [
          app.appId,
          app.name,
          app.plan,
          app.monthlyPostCap,
          app.billedThisMonth,
          app.remaining,
          dollars(app.spentThisMonthMicros),
          app.resetsAt.slice(0, 10),
        ]),
      ),
      '',
      `${counted(report.totals.calls, 'call')}, ${counted(report.totals.posts, 'post')} (${report.totals.billed} billed), ${counted(report.totals.persons, 'person')}; calls ${dollars(report.totals.micros)}, plan fees ${dollars(report.feesMicros)}`,
    ].join('\n'),
};

/** Sums by day, app and operation, as usage and audits both show them. */
export function rowsTable(rows: Usage['rows']): string {
  return table(
    ['day', 'app', 'operation', 'calls', 'posts', 'billed', 'persons', 'cost'],
    rows.map((row) => [
      row.day,
      row.appId,
      row.operation,
      row.calls,
      row.posts,
      row.billed,
      row.persons,
      dollars(row.micros),
    ]),
  );
}
