/** How many results are kept: more than an installation has rules. */
const KEPT = 500;

/**
 * Lets rules be compiled once and run on every order: remembers what a text was compiled to, the newest {@link KEPT}. What
 * throws is not remembered.
 */
export function rememberCompiled<Compiled>(compile: (source: string) => Compiled): (source: string) => Compiled {
  const compiled = new Map<string, Compiled>();
  return (source) => {
    const known = compiled.get(source);
    if (known !== undefined) return known;
    const made = compile(source);
    const [oldest] = compiled.keys();
    if (compiled.size >= KEPT && oldest !== undefined) compiled.delete(oldest);
    compiled.set(source, made);
    return made;
  };
}
