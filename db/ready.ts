import { FAULT_WORDS, findDatabaseFault, StoreUnusable } from './faults.ts';
import { type KeySource, openKeyring } from './keyring.ts';
import { migrate } from './migrate.ts';
import { probeKeys } from './seal.ts';
import { closeStore, openStore, type Store } from './store.ts';

/** Where a program's database and its master keys are. */
export interface StorePlace extends KeySource {
  readonly databaseUrl: string;
}

/**
 * Opens the database for a program that starts: its schema is up to date and whole, and the key file is its own. While
 * another process keeps it locked, it is waited for: a program that ended would only be started again.
 * @param onWait told in words, every few seconds, why there is nothing to do but wait.
 * @throws StoreUnusable in words for whoever started the program.
 */
export async function openReadyStore(place: StorePlace, onWait: (why: string) => void): Promise<Store> {
  const store = openUsable(place);
  for (;;) {
    try {
      await migrate(store);
      if (await probeKeys(store)) return store;
      throw new StoreUnusable(
        `${place.masterKeys === null ? `the key file ${place.keyFile}` : 'MASTER_KEYS'} is not that of this database; bring back the one that sealed it`,
      );
    } catch (error) {
      const fault = findDatabaseFault(error);
      if (fault === 'locked') {
        onWait(`${FAULT_WORDS.locked}; waiting for it`);
        continue;
      }
      await closeStore(store).catch(() => undefined);
      // Of a server that cannot be reached these words say which.
      throw error instanceof StoreUnusable || fault === undefined
        ? error
        : new StoreUnusable(`${FAULT_WORDS[fault]}: ${nameOf(place)}`, { cause: error });
    }
  }
}

function openUsable(place: StorePlace): Store {
  try {
    return openStore(place.databaseUrl, openKeyring(place));
  } catch (error) {
    // A folder or file that may not be read or made, or a key file that is none.
    throw new StoreUnusable(error instanceof Error ? error.message : 'the database cannot be opened', { cause: error });
  }
}

/** The URL of a server may hold a password. */
function nameOf({ databaseUrl }: StorePlace): string {
  return databaseUrl.startsWith('file:') ? databaseUrl.slice('file:'.length) : 'on the server';
}
