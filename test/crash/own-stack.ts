import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceAdmin, type ReferenceAdmin } from '../../backoffice/reference/admin-client.ts';
import { type Stack, startStack } from '../../cli/stack.ts';
import { openKeyFile } from '../../db/keyring.ts';
import { closeStore, openStore, type Store } from '../../db/store.ts';

/** Everything that takes an order to production, as programs of their own in a folder of their own. */
export interface OwnStack {
  readonly stack: Stack;
  /** Its database, beside its programs. */
  readonly store: Store;
  readonly admin: ReferenceAdmin;
  close(): Promise<void>;
}

/** Starts a stack for a test file; close it afterwards. */
export async function openStack(name: string, env: Readonly<Record<string, string>> = {}): Promise<OwnStack> {
  const varDir = mkdtempSync(join(tmpdir(), `${name}-`));
  const stack = await startStack({ varDir, anyPorts: true, log: () => undefined, env: { LOG_LEVEL: 'warn', ...env } });
  const keys = openKeyFile(join(varDir, 'keys', 'master.json'));
  const store = openStore(`file:${join(varDir, 'order-staging.sqlite')}`, keys);
  const close = async (): Promise<void> => {
    await closeStore(store);
    await stack.stop();
    rmSync(varDir, { recursive: true, force: true });
  };
  const admin = createReferenceAdmin({ baseUrl: stack.backOfficeUrl, apiKey: stack.credentials.backOffice });
  return { stack, store, admin, close };
}

type Produced = Awaited<ReturnType<ReferenceAdmin['listProductionOrders']>>['productionOrders'][number];

/** Every order that production has, cancelled ones too. */
export async function listProduced(admin: ReferenceAdmin): Promise<readonly Produced[]> {
  const made: Produced[] = [];
  for (let after: string | undefined; ;) {
    const { productionOrders } = await admin.listProductionOrders({
      limit: 200,
      ...(after !== undefined && { after }),
    });
    made.push(...productionOrders);
    const last = productionOrders.at(-1);
    if (!last) return made;
    after = last.productionOrderId;
  }
}
