import type { BackOffice } from '../backoffice/port.ts';
import type { RetentionPolicy } from '../db/retention.ts';
import type { Store } from '../db/store.ts';
import type { Circuit } from '../exchange/circuit.ts';
import type { Letter } from '../exchange/mail-sender.ts';
import type { Sent } from '../exchange/sent.ts';
import type { Transport } from '../exchange/transport.ts';
import type { WebhookMessage } from '../exchange/webhook-sender.ts';
import type { Channel, OrderState } from '../orders/state.ts';

/** What the activities need of the world; wired by the worker. */
export interface Deps {
  readonly store: Store;
  /** The back office, with as much patience as the step that asks may have. */
  readonly backOffice: () => BackOffice;
  readonly transport: Transport;
  readonly notices: NoticeSenders;
  /** Folder of the anchors of the audit trail. */
  readonly anchorDir: string;
  readonly runs: Runs;
  /** How long content is kept. */
  readonly retention: RetentionPolicy;
}

/** How notices get to those who are told. */
export interface NoticeSenders {
  readonly sendWebhook: (message: WebhookMessage) => Promise<Sent>;
  /** null: no mail server is set. */
  readonly sendMail: ((letter: Letter) => Promise<Sent>) | null;
  /** By destination. */
  readonly circuits: (destination: string, address: string) => Circuit;
  /** Where our own people are told. */
  readonly house: {
    readonly webhook: { readonly url: string; readonly secrets: readonly string[] } | null;
    readonly mailTo: readonly string[];
  };
}

/** A source that is polled, and how often. */
export interface Polled {
  readonly source: string;
  readonly everySeconds: number;
}

/** The activities' view of Temporal: start what has no owner, tell what waits. Each call may be repeated safely. */
export interface Runs {
  /** Starts an order's workflow unless it runs. */
  startOrder(order: { id: string; source: string; channel: Channel; state: OrderState }): Promise<void>;
  /** Starts a document's workflow unless it runs. */
  startDocument(document: { id: string; source: string; channel: Channel }): Promise<void>;
  /** Tells a waiting order to look again. */
  recheckOrder(orderId: string): Promise<void>;
  /** Hands a decision to its order. */
  tellDecision(orderId: string, decisionId: string): Promise<void>;
  /** Puts the schedules of the sources that are polled in step with their profiles. */
  keepPolls(polled: readonly Polled[]): Promise<void>;
  /** Workflow ids of all orders, documents and simulations that run. */
  listRunning(): Promise<ReadonlySet<string>>;
}

/** The name under which the program's own steps stand in the audit trail. */
export const WORKER = 'worker';

/** UTC now, ISO 8601 with milliseconds. */
export function nowIso(): string {
  return new Date().toISOString();
}

/** The instant so many milliseconds from now, or before it, as {@link nowIso} has it. */
export function isoIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/** The kind of failure alone: words may quote anything. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
