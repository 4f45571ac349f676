import { openKeyFile } from '../../../db/keyring.ts';
import { migrate } from '../../../db/migrate.ts';
import { closeStore, openStore } from '../../../db/store.ts';

// Starts as every program of the house does: key file, database, migrations. Prints which keys it got.
const [url = '', keyFile = ''] = process.argv.slice(2);
const keys = openKeyFile(keyFile);
const store = openStore(url, keys);
await migrate(store);
await closeStore(store);
console.log(keys.auditKey.toString('hex'));
