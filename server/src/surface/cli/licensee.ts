import { OPERATOR } from '#terms/port';
import { type FolderCommand, UsageError } from './command.ts';
import { table } from './table.ts';

type Added = { licenseeId: string; log: string; vkey: string };

export const licenseeAdd: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'licensee add',
  summary: 'register an organisation that takes posts, and open its log',
  args: '<name>',
  async run(parley, input): Promise<Added> {
    const [name = ''] = input.args;
    if (name.trim() === '') throw new UsageError('the name is empty.');
    const { licenseeId, log, vkey } = await parley.terms.addLicensee(name);
    return { licenseeId, log, vkey };
  },
  show: (added: Added) =>
    `licensee ${added.licenseeId}\nlog      ${added.log}\nvkey     ${added.vkey}   (give this to the licensee: it checks every signature)`,
};

type Listed = { licenseeId: string; name: string; log: string; vkey: string | null; createdAt: string };

export const licenseeList: FolderCommand = {
  place: 'folder',
  name: 'licensee list',
  summary: 'all licensees with their logs and verifier keys',
  async run(parley): Promise<Listed[]> {
    const keys = new Map(parley.ledger.logs().map((one) => [one.log, one.vkey]));
    return parley.terms.licensees(OPERATOR).map(({ licenseeId, name, log, createdAt }) => ({
      licenseeId,
      name,
      log,
      vkey: keys.get(log) ?? null,
      createdAt: new Date(createdAt).toISOString(),
    }));
  },
  show: (rows: Listed[]) =>
    table(
      ['licensee', 'name', 'log', 'since'],
      rows.map((row) => [row.licenseeId, row.name, row.log, row.createdAt.slice(0, 10)]),
    ),
};
