import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Without a gateway: nobody listens at port 9 (discard). */
const orders = (...words: string[]) =>
  runCli('cli/orders.ts', words, { VAR_DIR: folder, ORDER_STAGING_URL: 'http://127.0.0.1:9', ORDER_STAGING_TOKEN: '' });

describe('the orders command without a gateway', () => {
  test('tells what it can do, and how each thing is done', async () => {
    const { stdout, code } = await orders('--help');
    expect(code).toBe(0);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) [A-Z[]/gm)].map(([, verb]) => verb!);
    expect(verbs).toEqual(
      expect.arrayContaining(['validate', 'submit', 'show', 'list', 'reviews', 'approve', 'reject', 'pause', 'resume']),
    );
    for (const verb of verbs) {
      const help = await orders(verb, '--help');
      expect([verb, help.code, help.stdout.includes(`npm run orders -- ${verb}`)]).toEqual([verb, 0, true]);
    }
  });

  test('checks the form of a document, says that it checked no more, and fails for what would be refused', async () => {
    const good = await orders('validate', 'samples/web-shop/plain.json');
    expect(good).toMatchObject({ code: 0, stdout: 'samples/web-shop/plain.json  WS-10001  ok\n' });
    expect(good.stderr).toContain('only the form was checked');
    const bad = await orders('validate', 'samples/edi-northwind/wrong-segment-count.edi');
    expect(bad.code).toBe(1);
    const [first, second, ...words] = bad.stdout.trim().split('\n');
    expect([first, second].map((line) => line?.split(/ {2}/).slice(1))).toEqual([
      ['4500081011', 'ok'],
      ['-', 'refused', 'X12.SE.SEGMENT_COUNT'],
    ]);
    expect(words).toEqual([expect.stringMatching(/^ {4}reject {2}.*SE01 is "\d+" but the set has \d+ segments/)]);
  });

  test('checks a whole folder and prints one JSON document, without a card number in it', async () => {
    const { stdout, code } = await orders('validate', 'samples', '--json');
    const { judgedBy, documents } = JSON.parse(stdout) as {
      judgedBy: string;
      documents: { file: string; source: string }[];
    };
    expect({ code, judgedBy }).toEqual({ code: 1, judgedBy: 'form' });
    expect(documents.length).toBeGreaterThan(40);
    expect(documents.find(({ file }) => file.endsWith('one-order.edi'))?.source).toBe('edi-northwind');
    expect(stdout).not.toContain('4111 1111 1111 1111');
  });

  test('does not take for an order what is none', async () => {
    const file = join(folder, 'notes.json');
    await writeFile(file, 'call Sal on Monday');
    const { code, stdout } = await orders('validate', file);
    expect({ code, verdict: stdout.includes('refused  DOCUMENT.NOT_TAKEN') }).toEqual({ code: 1, verdict: true });
  });

  test('says what was typed wrong', async () => {
    for (const [words, said] of [
      [['fly'], 'there is no verb "fly"'],
      [['show'], 'npm run orders -- show ORDER'],
      [['show', 'x', '--loud'], "Unknown option '--loud'"],
      [['approve', 'x', '--reason', 'y'], 'say in whose name'],
      [['validate', 'no/such/file'], 'there is no file or folder'],
      [['resume', 'web-shop', '--gate', 'open'], '--gate is live, shadow or manual'],
    ] as const) {
      const { code, stderr } = await orders(...words);
      expect({ words, code, said: stderr.includes(said) }).toEqual({ words, code: 2, said: true });
    }
  });

  test('says that nobody answers', async () => {
    const { code, stderr } = await runCli('cli/orders.ts', ['list'], {
      VAR_DIR: folder,
      ORDER_STAGING_URL: 'http://127.0.0.1:9',
      ORDER_STAGING_TOKEN: 'anything',
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'no gateway answers at http://127.0.0.1:9; npm start starts one\n',
    });
  });
});
