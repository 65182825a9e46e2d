import { parentPort } from 'node:worker_threads';
import { realFiles } from './file.ts';
import type { FromIntegrator, ToIntegrator } from './follower.ts';
import { commandQueue } from './follower.ts';
import type { GuardMark } from './guard.ts';
import { Integrator } from './integrator.ts';

/** The integrator's thread: hashing and signing far from any reply's path. */
const port = parentPort!;
const tell = (message: FromIntegrator) => port.postMessage(message);
const fail = (cause: Error) => tell({ type: 'failed', message: cause.message });
let integrator: Integrator;
let queue: ReturnType<typeof commandQueue>;

/** One mark at a time is on its way to the main thread, where the guard is. */
let kept: { resolve: () => void; reject: (cause: Error) => void } | undefined;
function keep(mark: GuardMark): Promise<void> {
  return new Promise((resolve, reject) => {
    kept = { resolve, reject };
    tell({ type: 'keep', mark });
  });
}

function start(message: ToIntegrator & { type: 'start' }): void {
  integrator = new Integrator({
    files: realFiles(),
    dir: message.dir,
    keys: message.keys,
    watched: message.watched,
    ...(message.guarded && { keep }),
    onReport: (text) => tell({ type: 'report', text }),
    onDamaged: (log, text) => tell({ type: 'damaged', log, text }),
    onPublished: (published) => tell({ type: 'published', ...published }),
  });
  queue = commandQueue(integrator, fail);
  void queue.enqueue(async () => {
    await integrator.start(message.end, message.doubtful);
    tell({ type: 'started' });
  });
}

port.on('message', (message: ToIntegrator) => {
  if (message.type === 'start') start(message);
  else if (message.type === 'log') void queue.enqueue(() => integrator.addLog(message.key));
  else if (message.type === 'kept') {
    if (message.failure === undefined) kept?.resolve();
    else kept?.reject(new Error(message.failure));
  } else if (message.type === 'repair') void queue.enqueue(() => integrator.repair(message.log));
  else if (message.type === 'advance') queue.advance(message.end);
  else void queue.close().then(() => tell({ type: 'closed' }));
});
