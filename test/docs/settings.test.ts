import { describe, expect, test } from '@jest/globals';
import { readCode, readProject } from './sources.ts';

const page = readProject('docs/settings.md');

/** Names of the variables that the page explains: the first column of its tables. */
const explained = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)].map(([, name]) => String(name));

/** Variables that are the machine's, not ours. */
const NOT_OURS = ['PATH'];

/** Names that the programs read: members of the schemas, and what is taken from the environment by name. */
function listRead(): readonly string[] {
  const schemas = ['config.ts', 'backoffice/reference/main.ts', 'exchange/reference/main.ts'].flatMap((path) => [
    ...readProject(path).matchAll(/^ {2,4}([A-Z][A-Z0-9_]+):/gm),
  ]);
  const byName = [...readCode()].flatMap(([, code]) => [
    ...code.matchAll(/\benv\['([A-Z][A-Z0-9_]+)'\]/g),
    ...code.matchAll(/choosePort\('([A-Z_]+)'/g),
  ]);
  const names = [...schemas, ...byName].map(([, name]) => String(name));
  return [...new Set(names)].filter((name) => !NOT_OURS.includes(name)).toSorted();
}

describe('the page of settings', () => {
  test('explains every variable that a program reads, and no other', () => {
    expect([...explained].toSorted()).toEqual(listRead());
  });

  test('names the defaults that the schema has', () => {
    const defaults = [...readProject('config.ts').matchAll(/^ {2}([A-Z_]+):[^\n]*?\.default\(([^()]+)\)/gm)];
    expect(defaults.length).toBeGreaterThan(8);
    for (const [, name, value] of defaults) {
      const plain = String(value).replaceAll(/['_]/g, '');
      const row = page.split('\n').find((line) => line.startsWith(`| \`${String(name)}\` |`));
      expect([name, row?.replaceAll(/[_']/g, '')]).toEqual([name, expect.stringContaining(`\`${plain}\``)]);
    }
  });
});
