import { describe, expect, test } from '@jest/globals';
import { ask, createAsking } from '../../../api/reading/ask.ts';
import { Problem } from '../../../api/problem.ts';
import { sourceProfileSchema } from '../../../orders/source.ts';

const shop = sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce' });

/** A list of orders that need more than `bytes` bytes. */
function makeList(bytes: number): Buffer {
  const order = { poNumber: 'PO-1', notes: ['4111 1111 1111 1111'], lines: [] };
  const count = Math.ceil(bytes / JSON.stringify(order).length);
  const orders = Array.from({ length: count }, (_, index) => ({ ...order, poNumber: `PO-${String(index)}` }));
  return Buffer.from(JSON.stringify(orders));
}

const small = makeList(1000);
const large = makeList(1024 * 1024);

describe('asking of the bytes of a document', () => {
  test.each([
    ['small', small],
    ['large', large],
  ])('a %s one is masked, and examined as what it is', async (_, bytes) => {
    const { document } = await ask('examine', bytes, 'application/json', shop);
    expect(document).toMatchObject({ format: 'json', layout: 'canonical', holds: 'many', unreadable: [] });
    expect(Buffer.from(document?.bytes ?? []).includes('4111 1111')).toBe(false);
    expect(document?.bytes).toHaveLength(bytes.length);
    expect(document?.masked[0]).toMatchObject({ code: 'CARD.MASKED', location: { line: 1 } });
  });

  test('of a large one a page of orders is read, whose findings stand where they stand in the whole', async () => {
    const document = { format: 'json', holds: 'many', profile: shop } as const;
    const { orders, count } = await ask('readOrders', large, document, { from: 1000, size: 2 });
    expect(count).toBe(JSON.parse(large.toString()).length);
    expect(orders).toHaveLength(2);
    expect(orders[0]?.findings[0]?.location.offset).toBe(large.indexOf('{"poNumber":"PO-1000"'));
  });

  test('while a large one is read, others are answered', async () => {
    const turns: number[] = [];
    const clock = setInterval(() => turns.push(performance.now()), 5);
    const began = performance.now();
    await ask('examine', makeList(8 * 1024 * 1024), 'application/json', shop);
    const took = performance.now() - began;
    clearInterval(clock);
    const waits = [began, ...turns].map((turn, index) => ([...turns, began + took][index] ?? turn) - turn);
    expect(Math.max(...waits)).toBeLessThan(took / 2);
  });

  test('several large ones are answered each with its own', async () => {
    const sizes = [300_000, 600_000, 400_000];
    const answers = await Promise.all(sizes.map((size) => ask('examine', makeList(size), undefined, shop)));
    expect(answers.map(({ document }) => document?.bytes.length)).toEqual(sizes.map((size) => makeList(size).length));
  });

  test('an error in the thread is an error of the question, and the next one is answered', async () => {
    const broken = { format: 'none', holds: 'one', profile: shop } as unknown as Parameters<typeof ask>[2];
    await expect(ask('readOrders', large, broken as never, { from: 0, size: 1 })).rejects.toThrow();
    const { document } = await ask('examine', large, undefined, shop);
    expect(document?.format).toBe('json');
  });

  test('what takes longer than is given to it is refused, and the next one gets a new thread', async () => {
    const askBriefly = createAsking(1);
    const [late, later] = [1, 2].map(() => askBriefly('examine', makeList(8 * 1024 * 1024), undefined, shop));
    const refusal = { kind: 'too-large', message: expect.stringContaining('send its orders in several documents') };
    await expect(late).rejects.toBeInstanceOf(Problem);
    await expect(later).rejects.toMatchObject(refusal);
    expect((await askBriefly('examine', small, undefined, shop)).document).toMatchObject({ format: 'json' });
  });
});
