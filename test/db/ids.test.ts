import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendLog } from '../../db/log.ts';
import { putPrincipal } from '../../db/principals.ts';
import { inTransaction } from '../../db/store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const AT = '2026-11-23T09:00:00.000Z';
let house: TestStore;
beforeAll(async () => {
  house = await openTestStore();
});
afterAll(() => house.close());

test.each(['zoë', 'two words', '', 'a\n', 'x'.repeat(81), '山田'])('nobody is called %j', async (id) => {
  const words = `the id of the person ${JSON.stringify(id)} cannot be used: 1 to 80 ASCII characters without spaces`;
  await expect(putPrincipal(house.store, { id, roles: ['operator'] }, 'a-token', AT)).rejects.toThrow(words);
  const entry = { stepKey: 'x', at: AT, actor: id, action: 'test' };
  await expect(inTransaction(house.store, (tx) => appendLog(tx, 'order:x', entry))).rejects.toThrow('the actor');
});

test('plain names and addresses can be', async () => {
  for (const id of ['ada', 'ada.l@example.com', 'DOMAIN\\ada', 'x'.repeat(80)])
    await putPrincipal(house.store, { id, roles: ['operator'] }, `token of ${id}`, AT);
});
