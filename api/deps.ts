import type { Client } from '@temporalio/client';
import type { BackOffice, BackOfficeLookups } from '../backoffice/port.ts';
import type { Settings } from '../config.ts';
import type { Store } from '../db/store.ts';
import type { Log } from '../log.ts';

/** What the gateway needs of the world; wired by `server.ts`. */
export interface Deps {
  readonly store: Store;
  /** May be unconnected: orders are taken while Temporal is away. */
  readonly temporal: Client;
  readonly backOffice: BackOffice & BackOfficeLookups;
  readonly settings: Settings;
  readonly log: Log;
  readonly now: () => Date;
}
