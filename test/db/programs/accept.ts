import { v7 as uuidv7 } from 'uuid';
import { acceptDocument } from '../../../db/intake.ts';
import { openKeyFile } from '../../../db/keyring.ts';
import { openStore } from '../../../db/store.ts';
import { makeArrival } from '../../support/store.ts';

// Accepts orders until it is killed, several at a time; prints each one's id when it is accepted, as a gateway answers 202.
const [url = '', keyFile = ''] = process.argv.slice(2);
const store = openStore(url, openKeyFile(keyFile));

async function acceptOn(): Promise<never> {
  for (;;) {
    const orderId = uuidv7();
    await acceptDocument(store, makeArrival({ bytes: Buffer.from(orderId) }), { orderId, operatorId: null });
    console.log(orderId);
  }
}

await Promise.all(Array.from({ length: 4 }, acceptOn));
