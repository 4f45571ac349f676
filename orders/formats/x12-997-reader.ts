import { element, readSegments } from './x12-segments.ts';
import type { X12Context } from './x12-reading.ts';

/** What a partner's 997 says of one functional group of ours. */
export interface ReceivedAcknowledgment {
  /** AK101, e.g. `PR` for our 855s, and AK102, our GS06, as text. */
  readonly functionalId: string;
  readonly groupControlNumber: string;
  /**
   * AK901 (element 715): `A` accepted, `E` with errors, `P` in part, `R` rejected; others reject too. Where the group is
   * said to be accepted and a set is not, AK501 of that: each of our groups has one set.
   */
  readonly code: string;
}

/**
 * Reads a partner's functional acknowledgment, ST to SE.
 * @returns undefined for a set that lacks AK1 or AK9: it acknowledges nothing
 * @see X12 997: AK1 (479, 28), AK5 (717), AK9 (715)
 */
export function read997(bytes: Uint8Array, context: X12Context): ReceivedAcknowledgment | undefined {
  const { segments } = readSegments(bytes, context.offset, context.delimiters);
  const ak1 = segments.find(({ id }) => id === 'AK1');
  const ak9 = segments.find(({ id }) => id === 'AK9');
  if (!ak1 || !ak9) return undefined;
  const ofSets = segments.filter(({ id }) => id === 'AK5').map((ak5) => element(ak5, 1));
  const code = [element(ak9, 1), ...ofSets].find((said) => !ACCEPTED.includes(said)) ?? element(ak9, 1);
  return { functionalId: element(ak1, 1), groupControlNumber: element(ak1, 2), code };
}

/** AK501 and AK901 of what was taken. */
const ACCEPTED: readonly string[] = ['A', 'E'];
