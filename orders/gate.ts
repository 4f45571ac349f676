import type { Gate } from './state.ts';
import type { SourceProfile } from './source.ts';

/**
 * Decides what happens to an order that has passed: hand it off, stop after staging, ask a person, or wait. A source that
 * is `live` for some customers only runs the others as `shadow`. A percentage takes whole customers, always the same ones.
 */
export function decideGate(profile: SourceProfile, customerId: string | null): Gate {
  if (!profile.active) return 'paused';
  if (profile.gate !== 'live') return profile.gate;
  const { rollout } = profile;
  switch (rollout.kind) {
    case 'everyone':
      return 'live';
    case 'customers':
      return customerId !== null && rollout.customers.includes(customerId) ? 'live' : 'shadow';
    case 'percentage':
      return bucketOf(customerId ?? '') < rollout.percentage ? 'live' : 'shadow';
  }
}

/** 0 to 99, evenly spread over customer numbers. FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function bucketOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % 100;
}
