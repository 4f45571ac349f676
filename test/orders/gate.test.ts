import { describe, expect, test } from '@jest/globals';
import { decideGate } from '../../orders/gate.ts';
import { type SourceProfile, sourceProfileSchema } from '../../orders/source.ts';

const profile = (changes: object = {}): SourceProfile =>
  sourceProfileSchema.parse({ id: 'web-shop', channel: 'ecommerce', ...changes });

describe('the gate', () => {
  test('lets every order of a live source go on', () => {
    expect(decideGate(profile(), 'C-1')).toBe('live');
    expect(decideGate(profile(), null)).toBe('live');
  });

  test.each(['shadow', 'manual', 'paused'] as const)('says %s when the source does, whatever the roll-out', (gate) => {
    expect(decideGate(profile({ gate, rollout: { kind: 'percentage', percentage: 100 } }), 'C-1')).toBe(gate);
  });

  test('pauses a source that is not active', () => {
    expect(decideGate(profile({ active: false }), 'C-1')).toBe('paused');
  });

  test('goes live for listed customers only', () => {
    const some = profile({ rollout: { kind: 'customers', customers: ['C-1'] } });
    expect(['C-1', 'C-2', null].map((customer) => decideGate(some, customer))).toEqual(['live', 'shadow', 'shadow']);
  });

  test('takes about the percentage of customers, always the same ones, and keeps them when it grows', () => {
    const customers = Array.from({ length: 2000 }, (_, index) => `C-${String(index)}`);
    const live = (percentage: number): string[] =>
      customers.filter(
        (customer) => decideGate(profile({ rollout: { kind: 'percentage', percentage } }), customer) === 'live',
      );
    expect(live(0)).toEqual([]);
    expect(live(100)).toHaveLength(2000);
    expect(live(25).length).toBeGreaterThan(400);
    expect(live(25).length).toBeLessThan(600);
    expect(live(40)).toEqual(expect.arrayContaining(live(25)));
  });
});
