import { openKeyFile } from '../../../db/keyring.ts';
import { migrate, MIGRATIONS } from '../../../db/migrate.ts';
import { openStore } from '../../../db/store.ts';

// Migrates, and stands still in the middle of the third migration, after some of its statements: to be killed there.
const [url = '', keyFile = ''] = process.argv.slice(2);
const store = openStore(url, openKeyFile(keyFile));
const standStill: (typeof MIGRATIONS)[string] = {
  async up(db) {
    await db.schema.createTable('person_hashes').addColumn('half', 'integer').execute();
    console.log('half');
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  },
};
await migrate(store, { ...MIGRATIONS, '0003-people': standStill });
