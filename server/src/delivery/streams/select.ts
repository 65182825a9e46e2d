import type { Selection } from './port.ts';

/** The same posts for everybody and for every run: a share, or a partition, is a property of the id alone. */
export function isSelected(id: string, selection: Selection): boolean {
  if (selection.of === 'rules') return false;
  if (selection.of === 'sample' && mixed(id) % 100 >= selection.percent) return false;
  const { partition, partitions } = selection;
  return partition === undefined || partitions === undefined || isInPartition(id, partition, partitions);
}

/** Partitions are counted from 1; together they are all ids. */
export function isInPartition(id: string, partition: number, partitions: number): boolean {
  return (Math.floor(mixed(id) / 100) % partitions) + 1 === partition;
}

/** The last bits of an id count up; a multiplication spreads them (Knuth's multiplicative hash, 64 bits). */
function mixed(id: string): number {
  return Number(BigInt.asUintN(64, BigInt(id) * 0x9e3779b97f4a7c15n) >> 32n);
}
