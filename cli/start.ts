import './check-node.ts';
import { printPlaces } from './demo/report.ts';
import { withStack } from './with-stack.ts';

/** The whole system on this machine, kept under `var/`, until Ctrl-C. */
await withStack(
  (line) => console.error(line),
  async (stack, stopped) => {
    console.log(
      `\nReady for orders.\n\n${printPlaces(stack)}\n\nCtrl-C stops everything; what came in stays in ${stack.varDir}.`,
    );
    await stopped;
    return 0;
  },
);
