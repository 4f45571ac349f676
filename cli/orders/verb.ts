import type { ParseArgsConfig } from 'node:util';
import type { Connection } from './connection.ts';
import { Misuse } from './misuse.ts';

/** What the command line was given after the verb. */
export interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  readonly connection: Connection;
}

/** One thing that the command can do. */
export interface Verb {
  /** As typed after `npm run orders --`. */
  readonly usage: string;
  /** One line for the list of verbs. */
  readonly what: string;
  /** What else there is to know, options among it. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many words must follow the verb; left out: that depends on the options, and the verb sees to it. */
  readonly words?: number;
  /** Prints to standard output. @returns the exit code: 0, or 1 if what was asked for did not come to be */
  readonly run: (given: Given) => Promise<number>;
}

export const AS_OPTION = { as: { type: 'string' } } as const;
export const JSON_OPTION = { json: { type: 'boolean' } } as const;

/** Who administers, unless it is said otherwise. */
export const ADMINISTRATOR = 'ada';

/** The token of the person who was named, or else of the {@link ADMINISTRATOR}. */
export function tokenToAdminister(given: Given): string {
  return given.connection.tokenOf(findText(given, 'as'), ADMINISTRATOR);
}

/** Who looks at what goes on and acts on it, unless it is said otherwise. */
export const OPERATOR = 'olivia';

/** The token of the person who was named, or else of the {@link OPERATOR}. */
export function tokenToOperate(given: Given): string {
  return given.connection.tokenOf(findText(given, 'as'), OPERATOR);
}

/** The text of an option, if it was given. */
export function findText({ values }: Given, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** @throws Misuse if the option was left out */
export function getText(given: Given, name: string): string {
  const text = findText(given, name)?.trim();
  if (text === undefined || text === '') throw new Misuse(`--${name} is needed`);
  return text;
}

/** @throws Misuse if the option is no whole number, 0 or more */
export function findNumber(given: Given, name: string): number | undefined {
  const text = findText(given, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Misuse(`--${name} must be a whole number`);
  return Number(text);
}

/** A word that follows the verb. */
export function getWord({ positionals }: Given, index: number): string {
  const word = positionals[index];
  if (word === undefined) throw new Misuse('a word is missing');
  return word;
}

/** What is asked for as the query of an address; what is undefined is left out. */
export function toQuery(asked: Readonly<Record<string, string | undefined>>): string {
  const said = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(said).toString();
}

/** Prints what was answered: in words, or as it is where JSON was asked for. */
export function printAnswer<Answer>({ values }: Given, answer: Answer, inWords: (answer: Answer) => string): void {
  if (values['json'] === true) printJson(answer);
  else console.log(inWords(answer));
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
