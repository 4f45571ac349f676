import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listFiles, PAGES, PROJECT, readCode, readProject } from './sources.ts';

/** Prose without what is set off as code, where brackets are not links. */
const withoutFences = (text: string): string => text.replaceAll(/^```.*?^```/gms, '');

/** The anchor under which a heading can be linked to. */
const toAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (path: string): readonly string[] =>
  [...withoutFences(readProject(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => toAnchor(String(heading)));

function findBrokenLinks(page: string): readonly string[] {
  const links = [...withoutFences(readProject(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => String(target));
  return links.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page : join(dirname(page), file);
    if (!existsSync(join(PROJECT, path))) return true;
    return anchor !== undefined && !anchorsOf(path).includes(anchor);
  });
}

/** Files that a page names in code style, by their place in the project. */
const namedFiles = (page: string): readonly string[] =>
  [...readProject(page).matchAll(/`([\w./-]+\.(?:ts|cjs|js|sql|json|md))`/g)]
    .map(([, path]) => String(path))
    .filter((path) => path.includes('/') && !/^(?:\/|var\/)/.test(path));

/** Functions that a page names in code style: `openInbox()`. */
const namedFunctions = (page: string): readonly string[] =>
  [...readProject(page).matchAll(/`([a-z]\w+)\(\)`/g)].map(([, name]) => String(name));

describe.each(PAGES.map((page) => [page]))('%s', (page) => {
  test('has no link that leads nowhere', () => {
    expect(findBrokenLinks(page)).toEqual([]);
  });

  test('names only files that are there', () => {
    expect(namedFiles(page).filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  });

  test('names only functions that are there', () => {
    const code = [...readCode().values(), ...listFiles('test/support/*.ts').map(readProject)].join('\n');
    const isThere = (name: string): boolean => new RegExp(`\\b(?:function\\*?|const) ${name}\\b`).test(code);
    expect(namedFunctions(page).filter((name) => !isThere(name))).toEqual([]);
  });

  test('runs only npm scripts that are there', () => {
    const { scripts } = JSON.parse(readProject('package.json')) as { scripts: Record<string, string> };
    const run = [...readProject(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => String(name));
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test("README.md names every verb of the operator's command", () => {
  const [, verbs = ''] = /^const VERBS[^{]*= \{\s*([^}]*)\}/m.exec(readProject('cli/orders.ts')) ?? [];
  const names = verbs.split(',').map((name) => name.replace(/:.*/s, '').replaceAll("'", '').trim()).filter((name) => name !== ''); // prettier-ignore
  expect(names).toContain('submit');
  expect(names.filter((name) => !new RegExp(`\`${name}\\b`).test(readProject('README.md')))).toEqual([]);
});

test('the page of the tables draws and explains each of them, and none that is gone', () => {
  const page = readProject('docs/tables.md');
  const [drawn = '', explained = ''] = page.split('| table |');
  for (const dialect of ['sqlite', 'mssql']) {
    const schema = readProject(`db/schema.${dialect}.sql`);
    const tables = [...schema.matchAll(/create table "(\w+)"/gi)].map(([, name]) => String(name)).sort();
    expect(tables.filter((name) => !new RegExp(`\\b${name}\\b`).test(drawn))).toEqual([]);
    const rows = [...explained.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names]) => String(names).split(', '));
    expect(rows.map((name) => name.replaceAll('`', '')).sort()).toEqual(tables);
  }
});
