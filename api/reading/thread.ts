import { parentPort } from 'node:worker_threads';
import { questions, type Questions } from './questions.ts';

/** A question on its way to the thread. */
export interface Asked {
  readonly id: number;
  readonly name: keyof Questions;
  readonly given: readonly unknown[];
}

/** Its answer, or the error that came instead. */
export type Answered =
  | { readonly id: number; readonly answer: unknown; readonly error?: never }
  | { readonly id: number; readonly error: unknown; readonly answer?: never };

// The thread that reads large documents: answers one question after the other.
parentPort?.on('message', ({ id, name, given }: Asked) => {
  parentPort?.postMessage(answer(id, questions[name] as (...given: readonly unknown[]) => unknown, given));
});

function answer(id: number, question: (...given: readonly unknown[]) => unknown, given: readonly unknown[]): Answered {
  try {
    return { id, answer: question(...given) };
  } catch (error) {
    return { id, error };
  }
}
