import '../cli/check-node.ts';
import { formats } from './formats.ts';
import { pipeline } from './pipeline.ts';
import { rules } from './rules.ts';
import { searchAtScale } from './search.ts';

/** Every benchmark, by name; `npm run bench -- <name>` runs one. */
const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = { pipeline, search: searchAtScale, formats, rules };

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  const benchmark = BENCHMARKS[name];
  if (!benchmark) {
    console.error(`no benchmark "${name}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
    process.exit(2);
  }
  await benchmark();
}
process.exit();
