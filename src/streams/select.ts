import type { Selection } from './port.ts';

/** The same posts for everybody and for every run: a share, or a partition, is a property of the id alone. */
export function isSelected(id: string, selection: Selection): boolean {
  if (selection.of === 'rules') return false;
  const number = mixed(id);
  if (selection.of === 'sample' && number % 100 >= selection.percent) return false;
  const { partition, partitions } = selection;
  if (partition === undefined || partitions === undefined) return true;
  return (Math.floor(number / 100) % partitions) + 1 === partition;
}

/** The last bits of an id count up; a multiplication spreads them (Knuth's multiplicative hash, 64 bits). */
function mixed(id: string): number {
  return Number(BigInt.asUintN(64, BigInt(id) * 0x9e3779b97f4a7c15n) >> 32n);
}
