import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { createVault, testClock } from '#kernel';
import {
  type Change,
  createPostStore,
  defaultPerson,
  defaultPostInput,
  type Person,
  type Post,
} from '#posts';
import { type ComplianceOptions, openCompliance } from '../jobs.ts';
import type { Compliance, ComplianceJob } from '../port.ts';

export const START_MS = Date.UTC(2026, 10, 21);
export const OWNER = { appId: '7', licenseeId: '3' };

/** Jobs over a posts file of their own, in a temporary folder, with a clock that is moved by hand. */
export function jobWorld(t: TestContext, more: Partial<ComplianceOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-compliance-'));
  const db = new DatabaseSync(join(folder, 'posts.db'));
  const nothing = () => undefined;
  const store = createPostStore(db, () => ({
    put: nothing,
    remove: nothing,
    flush: nothing,
    rolledBack: nothing,
  }));
  const clock = testClock(START_MS);
  const mistakes: unknown[] = [];
  const vault = createVault(randomBytes(32));
  const dir = join(folder, 'files');
  const openOnce = (options: Partial<ComplianceOptions> = {}): Compliance =>
    openCompliance({
      dir,
      file: join(folder, 'compliance.db'),
      posts: join(folder, 'posts.db'),
      vault,
      clock,
      log: (message, cause) => mistakes.push([message, cause]),
      ...more,
      ...options,
    });
  let compliance = openOnce();
  t.after(async () => {
    await compliance.close();
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    dir,
    db,
    clock,
    mistakes,
    get compliance() {
      return compliance;
    },
    async reopen(options: Partial<ComplianceOptions> = {}) {
      await compliance.close();
      compliance = openOnce(options);
    },
    apply(...changes: Change[]) {
      for (const outcome of store.apply(changes).outcomes)
        if (outcome.status === 'refused') throw new Error(outcome.reason);
    },
    /** Uploads ids as a whole; what the job's result says once it is over. */
    async ask(type: ComplianceJob['type'], upload: string, owner = OWNER) {
      const job = compliance.create(owner, { type, resumable: false });
      await compliance.receive(job.id, tokenOf(job.uploadTarget), { of: 'whole', body: bodyOf(upload) });
      await compliance.idle();
      const over = compliance.job(owner.appId, job.id)!;
      return { job: over, lines: over.status === 'complete' ? resultOf(compliance, over) : [] };
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads any line
export type Line = any;

function resultOf(compliance: Compliance, job: ComplianceJob): Line[] {
  const { file, bytes } = compliance.result(job.id, tokenOf(job.downloadTarget));
  if (bytes === 0) return [];
  const text = readFileSync(file).subarray(0, bytes).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export function tokenOf(target: string): string {
  return new URLSearchParams(target.split('?')[1]).get('token')!;
}

export async function* bodyOf(...chunks: string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** A body whose sender is gone in the middle. */
export async function* cutBody(...chunks: string[]): AsyncGenerator<Buffer> {
  yield* bodyOf(...chunks);
  throw new Error('aborted');
}

export function aPost(id: string, authorId: string, fields: Partial<Post> = {}): Change {
  return {
    kind: 'post',
    post: {
      ...defaultPostInput({ id, authorId, createdAt: START_MS - 1_000 }),
      text: `post ${id}`,
      lang: 'en',
      ...fields,
    },
  };
}

export function aPerson(id: string, fields: Partial<Person> = {}): Change {
  return {
    kind: 'person',
    person: {
      ...defaultPerson(id),
      username: `person${id}`,
      name: `Person ${id}`,
      ...fields,
    },
  };
}
