import { dirname } from 'node:path';
import type { AppendFile, FilePort } from '../file.ts';

/**
 * Files in memory that misbehave as disks do. What was not synced is lost, kept, torn or reordered by sector at a
 * crash; names that were not synced with their folder likewise; a sync can fail or lie. POSIX promises no more.
 */
const SECTOR_BYTES = 512;

type Write = { offset: number; bytes: Buffer } | { truncate: number };
type Inode = { current: Buffer; durable: Buffer; pending: Write[] };

/** Inode numbers, given out as they are asked for. */
const numbers = new WeakMap<Inode, number>();
let lastNumber = 0;
type NameChange = { folder: string; set?: [string, Inode]; unset?: string };

/** Every operation passes here first; may throw the error with which it fails. */
export type FileOperation = { name: string; path: string; count: number };

/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const ioError = (code: 'EIO' | 'ENOSPC') => Object.assign(new Error(`${code}: injected`), { code });

export class FakeFiles implements FilePort {
  readonly #random: () => number;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  #count = 0;
  #crashed = false;
  /** Resolves when the operation `crashAt` is reached; none after it ever returns. */
  readonly crashed = Promise.withResolvers<void>();
  crashAt = Number.POSITIVE_INFINITY;
  /** Syncs answer well and do nothing. */
  lies = false;
  /** Throws to make an operation fail. A failed append has written a part, a failed sync some of the sectors. */
  fault: (operation: FileOperation) => void = () => {};

  constructor(random: () => number) {
    this.#random = random;
  }

  get operations(): number {
    return this.#count;
  }

  /** What a machine finds after the power came back. */
  afterPowerCut(): FakeFiles {
    const after = new FakeFiles(this.#random);
    const names = new Map(this.#durableNames);
    for (const change of this.#changes) {
      if (this.#random() < 0.5) continue;
      if (change.unset !== undefined) names.delete(change.unset);
      if (change.set !== undefined) names.set(...change.set);
    }
    for (const [path, inode] of names) {
      const content = this.#survivors(inode);
      const settled = { current: content, durable: content, pending: [] };
      after.#names.set(path, settled);
      after.#durableNames.set(path, settled);
    }
    return after;
  }

  /** What another process finds after this one was killed: everything, synced or not. */
  afterKill(): FakeFiles {
    const after = new FakeFiles(this.#random);
    after.#names = new Map(this.#names);
    after.#durableNames = new Map(this.#durableNames);
    after.#changes = [...this.#changes];
    return after;
  }

  /** The content of a file as a reader sees it; for tests that damage it. */
  peek(path: string): Buffer | undefined {
    return this.#names.get(path)?.current;
  }

  /** Replaces content behind everyone's back, as rot does. */
  poke(path: string, bytes: Buffer): void {
    const inode = { current: bytes, durable: bytes, pending: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step('makeFolder', path);
  }

  async list(path: string): Promise<string[]> {
    await this.#step('list', path);
    const prefix = `${path}/`;
    const names = new Set<string>();
    for (const name of this.#names.keys()) {
      if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split('/')[0]!);
    }
    return [...names].sort();
  }

  async read(path: string): Promise<Buffer | undefined> {
    await this.#step('read', path);
    const inode = this.#names.get(path);
    return inode && Buffer.from(inode.current);
  }

  async readPart(path: string, offset: number, length: number): Promise<Buffer> {
    await this.#step('readPart', path);
    return Buffer.from(this.#inode(path).current.subarray(offset, offset + length));
  }

  async size(path: string): Promise<number | undefined> {
    await this.#step('size', path);
    return this.#names.get(path)?.current.length;
  }

  identify(path: string): { id: string; size: number } | undefined {
    const inode = this.#names.get(path);
    if (inode === undefined) return undefined;
    if (!numbers.has(inode)) numbers.set(inode, ++lastNumber);
    return { id: String(numbers.get(inode)), size: inode.current.length };
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#step('write', path);
    const inode = this.#open(path);
    this.#apply(inode, { truncate: 0 });
    this.#apply(inode, { offset: 0, bytes: Buffer.from(bytes) });
  }

  async sync(path: string): Promise<void> {
    const inode = this.#names.get(path);
    await this.#step('sync', path, () => inode && this.#settleBadly(inode));
    if (this.lies) return;
    if (inode !== undefined) this.#settle(inode);
    else this.#settleFolder(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('rename', to);
    const inode = this.#inode(from);
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#changes.push({ folder: dirname(to), unset: from, set: [to, inode] });
  }

  async remove(path: string): Promise<void> {
    await this.#step('remove', path);
    for (const name of [...this.#names.keys()]) {
      if (name !== path && !name.startsWith(`${path}/`)) continue;
      this.#names.delete(name);
      this.#changes.push({ folder: dirname(name), unset: name });
    }
  }

  async truncate(path: string, length: number): Promise<void> {
    await this.#step('truncate', path);
    this.#apply(this.#inode(path), { truncate: length });
  }

  async openAppend(path: string, offset: number): Promise<AppendFile> {
    await this.#step('openAppend', path);
    const inode = this.#open(path);
    let end = offset;
    return {
      append: async (bytes) => {
        const torn = () =>
          this.#apply(inode, { offset: end, bytes: Buffer.from(bytes.subarray(0, bytes.length >> 1)) });
        await this.#step('append', path, torn);
        this.#apply(inode, { offset: end, bytes: Buffer.from(bytes) });
        end += bytes.length;
      },
      sync: async () => {
        await this.#step('appendSync', path, () => this.#settleBadly(inode));
        if (!this.lies) this.#settle(inode);
      },
      close: async () => {
        await this.#step('close', path);
      },
    };
  }

  /** One operation: may be the one at which the machine stops, or one that fails. */
  async #step(name: string, path: string, onFault: () => void = () => {}): Promise<void> {
    if (this.#crashed) return new Promise(() => {});
    this.#count += 1;
    if (this.#count >= this.crashAt) {
      // The operation itself may have happened, wholly or in part: pending writes are drawn at the power cut.
      onFault();
      this.#crashed = true;
      this.crashed.resolve();
      return new Promise(() => {});
    }
    try {
      this.fault({ name, path, count: this.#count });
    } catch (error) {
      onFault();
      throw error;
    }
    // Give way, as a real file does.
    await null;
    return undefined;
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return inode;
  }

  #open(path: string): Inode {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const inode: Inode = { current: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] };
    this.#names.set(path, inode);
    this.#changes.push({ folder: dirname(path), set: [path, inode] });
    return inode;
  }

  #apply(inode: Inode, write: Write): void {
    inode.current = applied(inode.current, write);
    inode.pending.push(write);
  }

  #settle(inode: Inode): void {
    for (const write of inode.pending) inode.durable = applied(inode.durable, write);
    inode.pending = [];
  }

  #settleFolder(folder: string): void {
    this.#changes = this.#changes.filter((change) => {
      if (change.folder !== folder) return true;
      if (change.unset !== undefined) this.#durableNames.delete(change.unset);
      if (change.set !== undefined) this.#durableNames.set(...change.set);
      return false;
    });
  }

  /** A failed sync: some of it is on disk, and the kernel takes all of it for clean. */
  #settleBadly(inode: Inode): void {
    inode.durable = this.#survivors(inode);
    inode.pending = [];
  }

  /** The durable content and a random part of what is pending. */
  #survivors(inode: Inode): Buffer {
    let content = inode.durable;
    const mood = this.#random();
    for (const write of inode.pending) {
      if (mood < 0.2) break; // Nothing came through.
      if (mood < 0.4 || 'truncate' in write) {
        if (mood < 0.4 || this.#random() < 0.5) content = applied(content, write);
        continue;
      }
      for (let at = 0; at < write.bytes.length; at += SECTOR_BYTES) {
        if (this.#random() < 0.4) continue;
        const sector = { offset: write.offset + at, bytes: write.bytes.subarray(at, at + SECTOR_BYTES) };
        content = applied(content, sector);
      }
    }
    return content;
  }
}

function applied(content: Buffer, write: Write): Buffer {
  if ('truncate' in write) {
    const cut = Buffer.alloc(write.truncate);
    content.copy(cut);
    return cut;
  }
  const length = Math.max(content.length, write.offset + write.bytes.length);
  const result = Buffer.alloc(length);
  content.copy(result);
  write.bytes.copy(result, write.offset);
  return result;
}
