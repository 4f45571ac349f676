import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Problem } from '../problem.ts';
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

/** In milliseconds. Far more than the largest document takes on a busy machine: what takes longer was made to. */
const LONGEST_MS = 120_000;

/** Asks something of the bytes of a document. */
type Ask = <Name extends keyof Questions>(name: Name, ...given: Given<Name>) => Promise<Answer<Name>>;

/**
 * Asks something of the bytes of a document, here or, if they are many, in the thread for large ones. That thread takes one
 * document after the other: so they need the memory of one, and leave a processor to everybody else.
 * @throws Problem if that takes longer than is given to it; Error if the thread ended before it answered, such as for want
 * of memory. The next question gets a new thread.
 */
export const ask: Ask = createAsking(LONGEST_MS);

/** An asking with a thread of its own. @param longestMs what one question may take there */
export function createAsking(longestMs: number): Ask {
  let thread: Thread | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const askThread = async (asked: Asked): Promise<unknown> => {
    if (!thread || thread.ended.aborted) thread = startThread();
    const answered = await askOne(thread, asked, longestMs);
    if ('error' in answered) throw answered.error;
    return answered.answer;
  };
  return async (name, ...given) => {
    const [bytes] = given;
    if (bytes.length < LARGE) return answers[name](...given);
    const answer = turn.then(() => askThread({ name, given }));
    turn = answer.catch(() => undefined);
    return (await answer) as Answer<typeof name>;
  };
}

interface Thread {
  readonly worker: Worker;
  /** Aborted, with the reason, when the thread is no more. */
  readonly ended: AbortSignal;
}

function startThread(): Thread {
  const worker = new Worker(new URL('thread.ts', import.meta.url));
  const end = new AbortController();
  worker.on('error', (error) => end.abort(error));
  worker.on('exit', (code) =>
    end.abort(new Error(`the thread that reads large documents ended with code ${String(code)}`)),
  );
  return { worker, ended: end.signal };
}

/** Asks one question of a thread that has no other. It keeps the program alive meanwhile, and no longer. */
async function askOne({ worker, ended }: Thread, asked: Asked, longestMs: number): Promise<Answered> {
  const tooLong = AbortSignal.timeout(longestMs);
  worker.ref();
  worker.postMessage(asked);
  try {
    const [answered] = (await once(worker, 'message', { signal: AbortSignal.any([ended, tooLong]) })) as [Answered];
    return answered;
  } catch (error) {
    if (ended.aborted) throw ended.reason;
    await worker.terminate();
    if (!tooLong.aborted) throw error;
    const seconds = String(Math.round(longestMs / 1000));
    throw new Problem('too-large', `reading it takes longer than ${seconds} s; send its orders in several documents`);
  } finally {
    worker.unref();
  }
}
