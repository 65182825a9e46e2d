import { type FolderCommand, UsageError } from './command.ts';
import { operatorNamed } from './named.ts';
import { table } from './table.ts';

type Added = { operatorId: string; name: string; createdAt: string; token: string };

export const operatorAdd: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'operator add',
  summary: 'a token for /v1 and /metrics; it is shown once',
  args: '<name>',
  async run(parley, input): Promise<Added> {
    const [name = ''] = input.args;
    if (name.trim() === '') throw new UsageError('the name is empty.');
    const { operatorId, createdAt, token } = await parley.access.addOperator(name);
    return { operatorId, name, createdAt: new Date(createdAt).toISOString(), token };
  },
  show: (added: Added) =>
    `operator ${added.name}\ntoken    ${added.token}\nKeep it now: it is not shown again.`,
};

type Listed = { operatorId: string; name: string; createdAt: string; revokedAt: string | null };

export const operatorList: FolderCommand = {
  place: 'folder',
  name: 'operator list',
  summary: 'all operators’ tokens by name, without the tokens',
  async run(parley): Promise<Listed[]> {
    return parley.access.operators().map((one) => ({
      operatorId: one.operatorId,
      name: one.name,
      createdAt: new Date(one.createdAt).toISOString(),
      revokedAt: one.revokedAt === null ? null : new Date(one.revokedAt).toISOString(),
    }));
  },
  show: (rows: Listed[]) =>
    table(
      ['operator', 'name', 'since', 'revoked'],
      rows.map((row) => [row.operatorId, row.name, row.createdAt, row.revokedAt]),
    ),
};

export const operatorRevoke: FolderCommand = {
  place: 'folder',
  name: 'operator revoke',
  summary: 'refuse an operator’s token from this moment on',
  args: '<operator>',
  async run(parley, input): Promise<{ operatorId: string }> {
    const { operatorId } = operatorNamed(parley, input.args[0] ?? '');
    await parley.access.revokeOperator(operatorId);
    return { operatorId };
  },
  show: (revoked: { operatorId: string }) => `operator ${revoked.operatorId} is revoked.`,
};
