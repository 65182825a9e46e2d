import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { AuditReport } from './port.ts';
import { auditCsv, auditSummary, csvCell, usageCsv } from './render.ts';

test('a cell that a spreadsheet would take for a formula gets an apostrophe and quotes', () => {
  const table: [string | number | null, string][] = [
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\nb', '"a\nb"'],
    ['plain', 'plain'],
    ['', ''],
    [null, ''],
    [-5, '-5'],
  ];
  for (const [value, cell] of table) assert.equal(csvCell(value), cell);
});

const row = {
  licenseeId: '1',
  appId: '2',
  day: '2026-11-20',
  operation: 'getPostsById',
  calls: 1,
  posts: 2,
  persons: 3,
  billed: 4,
  personsBilled: 5,
  micros: 6,
};

const report: AuditReport = {
  licenseeId: '1',
  log: 'example-ads',
  from: '2026-11-20',
  to: '2026-11-21',
  agrees: false,
  entries: 9,
  treeSize: 10,
  counterEntries: 10,
  entriesAgree: false,
  countersAgree: true,
  treeSizeAgrees: false,
  rows: [row],
  totals: row,
  logTotals: { calls: 1, posts: 2, persons: 3, billed: 4, micros: 6 },
  agreements: [],
  openings: null,
  closings: { entries: 1, dedupeChecked: 0 },
  notChecked: ['something.'],
  notes: ['At entry 7 time runs back.'],
  findings: [
    { kind: 'price', what: 'The price, "as said".', index: 3, appId: '2', expected: 5, found: '=7' },
  ],
  findingsLeftOut: 2,
};

test("csv-parse reads back what the audit's CSV says, one record a line", () => {
  const records = parse(auditCsv(report), { columns: true }) as Record<string, string>[];
  assert.equal(records.length, 2);
  assert.deepEqual(
    { ...records[0] },
    {
      record: 'sum',
      ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
      finding: '',
      index: '',
      expected: '',
      found: '',
      what: '',
    },
  );
  const finding = records[1]!;
  assert.deepEqual(
    [
      finding.record,
      finding.appId,
      finding.finding,
      finding.index,
      finding.expected,
      finding.found,
      finding.what,
    ],
    ['finding', '2', 'price', '3', '5', "'=7", 'The price, "as said".'],
  );
  assert.deepEqual(Object.keys(parse(usageCsv([row]), { columns: true })[0] as object), Object.keys(row));
});

test('the summary says what agrees, what does not, and how much was left out', () => {
  const text = auditSummary(report);
  assert.match(text, /entries {4}DO NOT AGREE/);
  assert.match(text, /counters {3}agree/);
  assert.match(text, /price at entry 3: The price, "as said"\. expected 5, found =7/);
  assert.match(text, /^note: At entry 7 time runs back\.$/m);
  assert.match(text, /and 2 findings more/);
});
