import { expect, test } from '@jest/globals';
import type { CircuitChange } from '../../exchange/circuit.ts';
import { createNoticeCircuits, sendThrough } from '../../exchange/notice-circuits.ts';
import type { Sent } from '../../exchange/sent.ts';

const SILENCE: Sent = { kind: 'failed', code: 'timeout', about: 'destination' };

test('a destination is left alone after three failures in a row, and neither others nor its next address are', async () => {
  const changes: CircuitChange[] = [];
  const circuitOf = createNoticeCircuits({ onChange: (change) => void changes.push(change) });
  const fail = () => sendThrough(circuitOf('shop:webhook', 'old'), () => Promise.resolve(SILENCE));
  expect([await fail(), await fail(), await fail(), await fail()]).toEqual([SILENCE, SILENCE, SILENCE, undefined]);
  expect(circuitOf('mill:webhook', 'old').read().state).toBe('closed');
  expect(changes).toMatchObject([{ system: 'shop:webhook', state: 'open', why: 'timeout' }]);
  expect(circuitOf('shop:webhook', 'new').read().state).toBe('closed');
  // What watches the circuits does not take the destination for away for ever.
  expect(changes.slice(1)).toEqual([{ system: 'shop:webhook', state: 'closed' }]);
});

test('what is about one message or about our settings is no silence', async () => {
  const circuit = createNoticeCircuits()('shop:webhook', 'one');
  for (const about of ['message', 'settings'] as const)
    for (let i = 0; i < 4; i += 1)
      await sendThrough(circuit, () => Promise.resolve({ kind: 'failed', code: 'x', about }));
  expect(circuit.read().state).toBe('closed');
});
