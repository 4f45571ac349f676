import './check-node.ts';
import { join } from 'node:path';
import { readSettings } from '../config.ts';
import { runProgram } from '../program.ts';
import { prepareNamespace } from './engine.ts';
import { openCredentials, prepareStore } from './setup.ts';

/**
 * Makes an installation ready for its programs, once before they start: the database's schema, rules, sources and people,
 * and the namespace in Temporal. May run again, as after an upgrade: what is there stays.
 */
await runProgram('prepare', async () => {
  const settings = readSettings(process.env);
  const credentialsFile = join(settings.varDir, 'keys', 'credentials.json');
  await prepareStore(settings, openCredentials(credentialsFile));
  await prepareNamespace(settings.temporalAddress, settings.temporalNamespace, 'see TEMPORAL_ADDRESS');
  console.log(`ready; the keys of sources and the tokens of people are in ${credentialsFile}`);
});
