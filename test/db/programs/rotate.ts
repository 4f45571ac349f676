import { openKeyFile } from '../../../db/keyring.ts';
import { rotateKeys } from '../../../db/key-rotation.ts';
import { closeStore, openStore } from '../../../db/store.ts';

/** Rotates the master key, and prints how many data keys are done after each batch. */
const [url = '', keyFile = ''] = process.argv.slice(2);
const store = openStore(url, openKeyFile(keyFile));
await rotateKeys(store, { keyFile, actor: 'test', progress: (done) => console.log(String(done)) });
await closeStore(store);
