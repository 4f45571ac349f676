import { existsSync } from 'node:fs';
import { readSettings, type Settings } from '../../config.ts';
import { openReadyStore } from '../../db/ready.ts';
import { closeStore, type Store } from '../../db/store.ts';
import { Misuse } from './misuse.ts';

/**
 * Opens the database and the key file of this machine's settings, for what is done without the gateway. Neither is made
 * where there is none: it would be the wrong place.
 * @throws Misuse if they are not there
 */
export async function withLocalStore<T>(work: (store: Store, settings: Settings) => Promise<T>): Promise<T> {
  const settings = readSettings(process.env);
  const { keyFile, masterKeys, databaseUrl } = settings;
  const databaseFile = databaseUrl.startsWith('file:') ? databaseUrl.slice('file:'.length) : undefined;
  if (databaseFile !== undefined && !existsSync(databaseFile)) {
    throw new Misuse(`there is no database ${databaseFile}; say where with VAR_DIR or DATABASE_URL`);
  }
  if (masterKeys === null && !existsSync(keyFile))
    throw new Misuse(`there is no key file ${keyFile}; say where with VAR_DIR or KEY_FILE`);
  const store = await openReadyStore(settings, (why) => console.error(why));
  try {
    return await work(store, settings);
  } finally {
    await closeStore(store);
  }
}
