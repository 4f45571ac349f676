import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '../..');

/** The text of a file of the project. */
export const readProject = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

/** Files of the project by pattern, relative to it, in order. */
export const listFiles = (...patterns: readonly string[]): readonly string[] =>
  globSync(patterns, { cwd: PROJECT }).toSorted();

/** Every page that people read. */
export const PAGES = listFiles('*.md', 'docs/**/*.md', 'samples/*.md');

/** The program, without its tests. */
const CODE = listFiles(
  '*.ts',
  '{activities,api,backoffice,bench,cli,db,exchange,orders,web,workers,workflows}/**/*.ts',
);

/** All code of the program, by file. */
export const readCode = (): ReadonlyMap<string, string> => new Map(CODE.map((path) => [path, readProject(path)]));
