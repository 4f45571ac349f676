import { Worker } from 'node:worker_threads';
import { questions, type Questions } from './questions.ts';
import type { Answered, Asked } from './thread.ts';

/**
 * From this size on, in bytes, a document is read by a thread of its own. 20 MiB take some seconds of computing, in which
 * the gateway would answer nobody; what is smaller takes less time than is worth the way.
 */
const LARGE = 256 * 1024;

type Given<Name extends keyof Questions> = Parameters<Questions[Name]>;
type Answer<Name extends keyof Questions> = ReturnType<Questions[Name]>;

/** The questions again, so that TypeScript sees that a name, what is given and the answer belong together. */
const answers: { readonly [Name in keyof Questions]: (...given: Given<Name>) => Answer<Name> } = questions;

/**
 * Asks something of the bytes of a document, here or, if they are many, in the thread for large ones. That thread takes one
 * document after the other: so they need the memory of one, and leave a processor to everybody else.
 * @throws Error if the thread ended before it answered, such as for want of memory; the next question gets a new one.
 */
export async function ask<Name extends keyof Questions>(name: Name, ...given: Given<Name>): Promise<Answer<Name>> {
  const [bytes] = given;
  return bytes.length < LARGE ? answers[name](...given) : ((await askThread(name, given)) as Answer<Name>);
}

type Waiting = Map<number, { readonly resolve: (answer: unknown) => void; readonly reject: (error: unknown) => void }>;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Waiting;
}

let thread: Thread | undefined;
let asked = 0;

function askThread(name: keyof Questions, given: readonly unknown[]): Promise<unknown> {
  const { worker, waiting } = (thread ??= startThread());
  asked += 1;
  const question: Asked = { id: asked, name, given };
  return new Promise((resolve, reject) => {
    waiting.set(question.id, { resolve, reject });
    worker.ref();
    worker.postMessage(question);
  });
}

/** Starts the thread. It keeps the program alive while somebody waits for it, and no longer. */
function startThread(): Thread {
  const worker = new Worker(new URL('thread.ts', import.meta.url));
  const waiting: Waiting = new Map();
  worker.on('message', (answered: Answered) => {
    const asker = waiting.get(answered.id);
    waiting.delete(answered.id);
    if (waiting.size === 0) worker.unref();
    if ('error' in answered) asker?.reject(answered.error);
    else asker?.resolve(answered.answer);
  });
  const end = (error: Error): void => {
    if (thread?.worker === worker) thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`the thread that reads large documents ended with code ${String(code)}`)));
  return { worker, waiting };
}
