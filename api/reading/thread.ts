import { parentPort } from 'node:worker_threads';
import { questions, type Questions } from './questions.ts';

/** A question on its way to the thread. */
export interface Asked {
  readonly name: keyof Questions;
  readonly given: readonly unknown[];
}

/** Its answer, or the error that came instead. */
export type Answered =
  { readonly answer: unknown; readonly error?: never } | { readonly error: unknown; readonly answer?: never };

// The thread that reads large documents: answers one question after the other.
parentPort?.on('message', ({ name, given }: Asked) => {
  parentPort?.postMessage(answer(questions[name] as (...given: readonly unknown[]) => unknown, given));
});

function answer(question: (...given: readonly unknown[]) => unknown, given: readonly unknown[]): Answered {
  try {
    return { answer: question(...given) };
  } catch (error) {
    return { error };
  }
}
