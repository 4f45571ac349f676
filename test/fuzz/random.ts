/** A source of numbers that gives the same ones for the same seed. */
export interface Random {
  /** A whole number from 0 up to but without `below`. */
  readonly int: (below: number) => number;
  /** One of them. @throws RangeError for an empty list */
  readonly pick: <Item>(items: readonly Item[]) => Item;
}

/**
 * Numbers for one run of one seed; neighbouring runs have nothing in common.
 * @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md (splitmix32)
 */
export function createRandom(seed: number, run: number): Random {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(run | 0, 0x85ebca6b)) | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below);
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[int(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  };
  return { int, pick };
}
