import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { PROJECT, readProject } from '../docs/sources.ts';

const text = readProject('Dockerfile');
const dockerfile = DockerfileParser.parse(text);
const instructions = dockerfile.getInstructions();
/** What the image is made of: the instructions of the last stage. */
const last = instructions.slice(instructions.findLastIndex((one) => one.getKeyword() === 'FROM'));

const argumentsOf = (keyword: string, within: readonly Instruction[] = last): readonly string[] =>
  within.filter((one) => one.getKeyword() === keyword).map((one) => one.getArgumentsContent() ?? '');

const { dependencies, devDependencies } = JSON.parse(readProject('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** What of the project goes to the engine: everything is left out, but for these. */
const context = readProject('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

/** What an image runs: the commands of docker-compose.yml, and what is run while it is built. */
const PROGRAMS = [
  'api/server.ts',
  'workers/main.ts',
  'backoffice/reference/main.ts',
  'cli/prepare.ts',
  'cli/health.ts',
  'cli/orders.ts',
  'cli/bundle-workflows.ts',
  'workflows/index.ts',
];

/** What a file imports when it runs; types are not there by then. */
const importsOf = (path: string): readonly string[] => {
  const code = readFileSync(join(PROJECT, path), 'utf8');
  const statements = code.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:[^;'"]*?\bfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...statements].map(([, named, loaded]) => String(named ?? loaded));
};

/** Everything that the programs import: files of ours, and packages. */
function followImports(entries: readonly string[]): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files) {
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) files.add(normalize(join(dirname(file), name)));
      else if (!isBuiltin(name)) packages.add(name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/')); // prettier-ignore
    }
  }
  return { files, packages };
}

describe('the Dockerfile', () => {
  test('is understood', () => {
    const problems = validate(text).map(({ message, range }) => ({ line: range.start.line + 1, message }));
    expect(problems).toEqual([]);
  });

  test('would be refused with a mistake in it', () => {
    const [mistake] = validate(text.replace('USER 1000:1000', 'USERS 1000:1000'));
    expect(mistake?.message).toBe('Unknown instruction: USERS');
  });

  test('runs as a user with a number that is not root', () => {
    expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  test('has the Node that the tests run on, on Debian', () => {
    const images = instructions
      .filter((one): one is From => one.getKeyword() === 'FROM')
      .map((one) => one.getImage() ?? '')
      .filter((image) => image.includes(':'));
    expect(images.length).toBeGreaterThan(1);
    for (const image of images) expect(image).toBe(`node:${String(devDependencies['node'])}-bookworm-slim`);
  });

  test('copies what is there, from stages that are there', () => {
    const stages = instructions
      .filter((one): one is From => one.getKeyword() === 'FROM')
      .map((one) => one.getBuildStage());
    const copies = instructions.filter((one): one is Copy => one.getKeyword() === 'COPY');
    expect(copies.length).toBeGreaterThan(3);
    for (const copy of copies) {
      const from = copy.getFromFlag()?.getValue();
      const sources = copy.getArguments().slice(0, -1).map((argument) => argument.getValue()); // prettier-ignore
      if (from) expect(stages).toContain(from);
      else expect(sources.filter((source) => !existsSync(join(PROJECT, source)))).toEqual([]);
      if (!from && sources[0] !== '.') expect(context).toEqual(expect.arrayContaining(sources));
    }
  });

  test('starts a program that is there, and says how to see whether it is well', () => {
    expect(argumentsOf('CMD')).toEqual(['["node", "api/server.ts"]']);
    expect(argumentsOf('HEALTHCHECK')).toEqual([expect.stringContaining('"cli/health.ts"')]);
    expect(existsSync(join(PROJECT, 'api/server.ts'))).toBe(true);
  });

  test('tells what the image is', () => {
    const labels = argumentsOf('LABEL').join(' ');
    for (const label of ['title', 'description', 'licenses', 'version', 'revision']) {
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
    }
  });
});

describe('what goes into the image', () => {
  const { files, packages } = followImports(PROGRAMS);

  test('is all that the programs import of the project', () => {
    expect(files.size).toBeGreaterThan(100);
    expect([...files].filter((file) => !context.includes(String(file.split('/')[0])))).toEqual([]);
  });

  test('is all that they import of npm, without what only developers need', () => {
    expect(packages).toContain('@temporalio/worker');
    expect([...packages].filter((name) => !(name in dependencies))).toEqual([]);
  });

  test('is there, and nothing of it is a secret, a test or what the system keeps', () => {
    expect(readProject('.dockerignore')).toMatch(/^\*$/m);
    expect(context.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
    expect(context.filter((path) => /^(?:\.|\.git|\.env|secrets|test|var|coverage|node_modules)$/.test(path))).toEqual(
      [],
    );
  });
});
