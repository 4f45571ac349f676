import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatabaseConnection, DummyDriver, type QueryResult } from 'kysely';
import * as acknowledged from '../../db/acknowledged.ts';
import * as anchors from '../../db/anchors.ts';
import * as changes from '../../db/changes.ts';
import * as decisions from '../../db/decisions.ts';
import * as dialect from '../../db/dialect.ts';
import * as documents from '../../db/documents.ts';
import * as duplicates from '../../db/duplicates.ts';
import * as facts from '../../db/facts.ts';
import * as findings from '../../db/findings.ts';
import * as forget from '../../db/forget.ts';
import * as fulfilment from '../../db/fulfilment.ts';
import * as handoffs from '../../db/handoffs.ts';
import * as holds from '../../db/holds.ts';
import * as hits from '../../db/incident-hits.ts';
import * as incidents from '../../db/incidents.ts';
import * as intake from '../../db/intake.ts';
import * as rotation from '../../db/key-rotation.ts';
import { type Keyring, openKeyFile } from '../../db/keyring.ts';
import * as log from '../../db/log.ts';
import { mssqlDialect } from '../../db/mssql.ts';
import type { Statement } from '../../db/on-paper.ts';
import * as search from '../../db/order-search.ts';
import * as destinations from '../../db/notice-destinations.ts';
import * as noticeSearch from '../../db/notice-search.ts';
import * as notices from '../../db/notices.ts';
import * as orders from '../../db/orders.ts';
import * as outbox from '../../db/outbox.ts';
import * as people from '../../db/people.ts';
import * as cursors from '../../db/poll-cursors.ts';
import * as principals from '../../db/principals.ts';
import * as privacyExport from '../../db/privacy-export.ts';
import * as privacy from '../../db/privacy.ts';
import * as probe from '../../db/probe.ts';
import * as numbers from '../../db/received-numbers.ts';
import * as rejudgements from '../../db/rejudgements.ts';
import * as reprocess from '../../db/reprocess.ts';
import * as retention from '../../db/retention.ts';
import * as reviews from '../../db/reviews.ts';
import * as rules from '../../db/rules.ts';
import * as seal from '../../db/seal.ts';
import * as simulations from '../../db/simulations.ts';
import * as secrets from '../../db/source-secrets.ts';
import * as sources from '../../db/sources.ts';
import * as staged from '../../db/staged.ts';
import { inTransaction, type Store } from '../../db/store.ts';
import * as verdicts from '../../db/verdicts.ts';
import * as verify from '../../db/verify-log.ts';
import { orderSchema } from '../../orders/order.ts';
import type { RuleVersion } from '../../orders/rules/rule.ts';
import { sourceProfileSchema } from '../../orders/source.ts';
import { makeOrderJson } from './order-factory.ts';

/** Every statement that SQL Server is asked in daily work, to be read as a whole; a test compares. */
export const STATEMENTS_FILE = fileURLToPath(new URL('../db/statements.mssql.sql', import.meta.url));

type Row = Readonly<Record<string, unknown>>;
type Rows = Readonly<Record<string, readonly Row[]>>;

/** What the server answers: rows by table, and whether what is inserted or updated is there already. */
interface Answers {
  readonly rows?: Rows | ((sealer: seal.Sealer) => Rows);
  /** Tables in which the key of what is inserted is taken. */
  readonly taken?: readonly string[];
  /** Updates find nothing. */
  readonly untouched?: boolean;
}

/** A call of one function, and what it is answered on the way. */
interface Asking extends Answers {
  readonly ask: (store: Store, folder: string) => unknown;
}

const AT = '2026-11-23T10:00:00.000Z';
const LATER = '2026-11-23T10:15:00.000Z';
const PAGE = { createdBefore: AT, changedBefore: AT, afterId: 'a', size: 200 };
const REF = { orderId: 'o', revision: 2 };
const BY = { actor: 'ada', at: AT };
const LIMITED = {
  id: 'ravi',
  roles: ['reviewer'],
  sources: ['desk'],
  customers: ['C-1'],
} satisfies principals.Principal;
const PROFILE = sourceProfileSchema.parse({ id: 'desk', channel: 'manual' });
const ORDER = orderSchema.parse({ ...makeOrderJson({ externalId: 'W-1', poNumber: 'PO-1' }), source: 'desk' });
const ROW = {
  id: 'o', document_id: 'd', source: 'desk', channel: 'edi', state: 'completed', revision: 2, type: 'new', customer_id: 'C-1',
  po_number: 'PO-1', external_id: 'W-1', received_at: AT, changed_at: AT, terminal_at: AT, changes_order_id: null,
  changes_revision: null, erased_at: null, expired_at: null,
} as unknown as orders.OrderRow; // prettier-ignore
const CHANGE: orders.OrderRow = { ...ROW, id: 'c', type: 'replace' };
const DOCUMENT = { id: 'd', source: 'desk', channel: 'edi', format: 'x12', received_by: 'desk', state: 'received' };
const DECISION: decisions.Decision = {
  id: 'x', orderId: 'o', revision: 2, reviewId: 'r', action: 'approve', actor: 'ravi', roles: ['reviewer'], reason: 'good',
  changes: [],
}; // prettier-ignore
const LINES = [
  { allocations: [{ warehouse: 'EAST', quantity: '3' }], waiting: '0' },
  { allocations: [], waiting: '4' },
];
const HOLD: holds.Hold = { code: 'STOCK.SHORT', category: 'business_rule', releaseRole: null };
const FINDING = {
  code: 'STOCK.SHORT', category: 'business_rule', disposition: 'hold', path: '', message: 'short', evidence: null, location: {},
} as const; // prettier-ignore
const CAUSE = { kind: 'product', value: 'SKU-1', code: '' } as const;
const HIT = {
  subjectKind: 'order', subjectId: 'o', code: 'PRODUCT.INACTIVE', source: 'desk', since: AT, until: null, cause: CAUSE,
  endedSince: AT,
} as const; // prettier-ignore
const INCIDENT = {
  id: 'i', cause_kind: 'product', cause_value: 'SKU-1', cause_code: '', state: 'open', first_seen_at: AT, orders: 12, peak: 10,
} as unknown as incidents.IncidentRow; // prettier-ignore
const ARRIVAL: intake.Arrival = {
  documentId: 'd', source: 'desk', channel: 'edi', format: 'x12', contentType: null, fileName: 'a.edi', at: AT,
  bytes: Buffer.from('ISA'), receivedBy: 'desk', findings: [], idempotencyKey: 'k', messageIds: ['m'], delivery: 'inode 1',
}; // prettier-ignore
const OUTGOING = { subject: 'order:o', source: 'desk', kind: '855', stepKey: '855:2' } as const;
const MESSAGE = {
  subject: 'order:o',
  source: 'desk',
  kind: '855',
  step_key: '855:2',
  file_name: null,
  state: 'pending',
};
const WAY = { channel: 'webhook', destination: 'desk:webhook' } as const;
const LEASE = { destination: 'desk:webhook', holder: 'h' };
const NOTIFIED = sourceProfileSchema.parse({
  ...PROFILE,
  notify: { webhook: { url: 'https://example.com/told' }, mail: {} },
});
const NOTICE = {
  subject: 'order:o', source: 'desk', stepKey: 'closed:2', at: AT, content: { type: 'order.rejected', timestamp: AT, data: {} },
} as const; // prettier-ignore
const PASSED_ON = { id: 'm', subject: 'order:o', source: 'desk', kind: 'review.opened', step_key: 'closed:2', created_at: AT } as outbox.OutboxRow; // prettier-ignore
const LIST = { source: 'desk', list: 'https://example.com/orders', start: null };
const CLAIM = { source: 'desk', documentId: 'd', at: AT };
const REQUEST: privacy.PrivacyRequest = {
  principal: LIMITED, subject: { kind: 'email', value: 'pat@example.com' }, reason: 'asked', at: AT,
}; // prettier-ignore
const SLICE = { orderId: 'o', position: 1, bytes: Buffer.from('ST'), locator: null };
const ENTRY = { stepKey: 'parse:2', at: AT, actor: 'worker', action: 'order.parsed' };
const RULE = {
  code: 'CREDIT.LIMIT', kind: 'credit', version: 1, scope: { kind: 'global' }, parameters: {}, disposition: 'hold',
  releaseRole: 'supervisor', severity: 'error', effectiveFrom: AT, effectiveTo: null, author: 'ada', reason: 'new',
} as unknown as RuleVersion; // prettier-ignore
const DRAFT = { ...RULE, status: 'draft', scope: 'global', scope_value: '{}', parameters_json: '{}' };
const RULES: Answers = { rows: { order_validation_rules: [{ ...DRAFT, rows: 1, sequence: 0 }] } };
const PAST = { ...LIMITED, receivedFrom: AT, receivedTo: LATER };
const SIMULATION = {
  id: 's', draft: RULE, version: 1, rulesSequence: 1, actor: 'ada', limits: PAST, state: 'running', orders: 1, pages: 0,
  cursor: null, tally: {}, createdAt: AT, endedAt: null,
} as unknown as simulations.Simulation; // prettier-ignore
const REJUDGED: rejudgements.Rejudgement = {
  occasion: 'recheck', facts: { asOf: AT, customer: null, products: {} }, explanations: [], gone: [FINDING], cleared: [],
  opened: ['STOCK.SHORT'],
}; // prettier-ignore
const FLIPPED = { revision: 2, before: 'pass', after: 'hold', findings: 1, currency: 'USD', total: '199.90' } as const;
const KEYS: Answers = { rows: { data_keys: [{ subject: 'order:o', wrapping_key_id: 'root' }] } };
const AUDITED = { subject: 'order:o', sequence: 1, mac: 'm' };

const the = (ask: Asking['ask'], answers: Answers = {}): Asking => ({ ask, ...answers });
const within = (work: (tx: Store) => Promise<unknown>, answers: Answers = {}): Asking =>
  the((store) => inTransaction(store, work), answers);
const drain = async (rows: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of rows);
};

/** The functions that ask the database, by module and name; one that can go two ways stands twice. */
export const ASKINGS: Readonly<Record<string, Asking>> = {
  'acknowledged.listAcknowledged': the((store) => acknowledged.listAcknowledged(store)),
  'acknowledged.listLosses': the((store, folder) => acknowledged.listLosses(store, folder, [])),
  'acknowledged.acknowledge': the((store) => acknowledged.acknowledge(store, [], { ...BY, reason: 'known' })),
  'anchors.writeAnchor': the((store, folder) => anchors.writeAnchor(store, folder, AT), {
    rows: { audit_unanchored: [AUDITED] },
  }),
  'anchors.isWaiting': the(
    (store) =>
    anchors.isWaiting(store, {
      anchor: 1, at: AT, rows: 2, heads: [['order:o', 1, 'm'], ['order:p', 3, 'n']], previous: 'p', mac: 'm',
    }), // prettier-ignore
  ),
  'changes.findChanged': within((tx) => changes.findChanged(tx, CHANGE), {
    rows: { fingerprints: [{ order_id: 'o' }], orders: [ROW] },
  }),
  'changes.findChanged by the number': within((tx) => changes.findChanged(tx, { ...CHANGE, external_id: null }), {
    rows: { orders: [ROW] },
  }),
  'changes.findToldBefore': within((tx) => changes.findToldBefore(tx, CHANGE, ROW), {
    rows: { fingerprints: [{ order_id: 'o' }], orders: [ROW], order_revisions: [{ revision: 1, origin: 'parsed' }] },
  }),
  'changes.hasEarlierChange': within((tx) => changes.hasEarlierChange(tx, CHANGE, ROW)),
  'changes.hasLaterChange': within((tx) => changes.hasLaterChange(tx, CHANGE, ROW)),
  'changes.findLastRequest': within((tx) => changes.findLastRequest(tx, 'c')),
  'changes.isApprovedSince': within((tx) => changes.isApprovedSince(tx, CHANGE, 'CHANGE.AFTER_HANDOFF', AT)),
  'changes.readChange': within((tx) => changes.readChange(tx, 'c'), { rows: { orders: [CHANGE] } }),
  'changes.readSuperseding': within((tx) => changes.readSuperseding(tx, CHANGE, ROW), { rows: { orders: [CHANGE] } }),
  'changes.findChangeOf': the((store) => changes.findChangeOf(store, 'o', 2)),
  'changes.isCancelledBySender': the((store) => changes.isCancelledBySender(store, ROW)),
  'changes.listAuthorsOfChange': the((store) => changes.listAuthorsOfChange(store, 'c')),
  'changes.isWithdrawn': the((store) => changes.isWithdrawn(store, 'c')),
  'changes.listChanges': the((store) => changes.listChanges(store, 'o')),
  'changes.claimChangeRevision': within((tx) => changes.claimChangeRevision(tx, CHANGE, ROW), {
    rows: { orders: [{ highest: 3 }] },
  }),
  'changes.noteAsked': within((tx) => changes.noteAsked(tx, CHANGE, REF)),
  'changes.reviveOrder': within((tx) => changes.reviveOrder(tx, ROW, ORDER, BY), {
    rows: { orders: [{ highest: 2 }] },
  }),
  'decisions.insertDecision': the((store) => decisions.insertDecision(store, DECISION, AT)),
  'decisions.findDecision': within((tx) => decisions.findDecision(tx, 'x')),
  'decisions.listDecisions': the((store) => decisions.listDecisions(store, 'o')),
  'decisions.settleDecision': within((tx) => decisions.settleDecision(tx, 'x', { refusal: null, at: AT })),
  'decisions.listCovered': the((store) => decisions.listCovered(store, REF)),
  'decisions.listPendingDecisionIds': the((store) => decisions.listPendingDecisionIds(store, 'o')),
  'decisions.listUntoldDecisions': the((store) => decisions.listUntoldDecisions(store, PAGE)),
  'dialect.takeTurn': within((tx) => dialect.takeTurn(tx.db, 'migrations')),
  'dialect.listIndexes': the(({ db }) => dialect.listIndexes(db)),
  'dialect.requireSetUp': the(({ db }) => dialect.requireSetUp(db)),
  'documents.findDocument': within((tx) => documents.findDocument(tx, 'd')),
  'documents.readChunks': the((store) => drain(documents.readChunks(store, 'd'))),
  'documents.listSlicePlaces': the((store) => documents.listSlicePlaces(store, 'd')),
  'documents.stageSlices': the((store) => documents.stageSlices(store, DOCUMENT as documents.DocumentRow, [SLICE], AT)),
  'documents.finishSplit': within((tx) =>
    documents.finishSplit(tx, 'd', { envelope: [], orders: 1, findings: [], at: AT }),
  ),
  'documents.readEnvelope': the((store) => documents.readEnvelope(store, 'd')),
  'documents.markRefused': within((tx) => documents.markRefused(tx, 'd', [FINDING], AT)),
  'documents.markProcessed': the((store) => documents.markProcessed(store, 'd', AT)),
  'documents.hasForgottenOrders': the((store) => documents.hasForgottenOrders(store, 'd')),
  'documents.listDocumentOrders': the((store) => documents.listDocumentOrders(store, 'd', { after: 0, size: 50 })),
  'documents.countInAutomaticPart': the((store) => documents.countInAutomaticPart(store, 'd', 9)),
  'documents.listUnfinishedDocuments': the((store) => documents.listUnfinishedDocuments(store, PAGE)),
  'documents.getSlice': the((store) => documents.getSlice(store, 'o')),
  'duplicates.claimPurchaseOrder': within((tx) => duplicates.claimPurchaseOrder(tx, ROW, AT)),
  'duplicates.claimPurchaseOrder from an order that was rejected': within(
    (tx) => duplicates.claimPurchaseOrder(tx, ROW, AT),
    {
      rows: { fingerprints: [{ order_id: 'p' }], orders: [{ ...ROW, id: 'p', state: 'rejected' }] },
      taken: ['fingerprints'],
    },
  ),
  'duplicates.claimExternalOrder': within((tx) => duplicates.claimExternalOrder(tx, ROW, 'W-1', AT), {
    taken: ['fingerprints'],
  }),
  'duplicates.findFirstTold': the((store) => duplicates.findFirstTold(store, 'desk', 'W-1')),
  'facts.putFacts': within((tx) => facts.putFacts(tx, REF, { asOf: AT, customer: null, products: {} }, 1)),
  'facts.findRulesOf': the((store) => facts.findRulesOf(store, REF)),
  'facts.getCase': the((store) => facts.getCase(store, REF)),
  'facts.getFacts': the((store) => facts.getFacts(store, REF)),
  'findings.putFindings': within((tx) =>
    findings.putFindings(tx, { subject: 'order:o', revision: 2, step: 'validate', at: AT }, [FINDING]),
  ),
  'findings.hasFindings': the((store) =>
    findings.hasFindings(store, { subject: 'order:o', revision: 2, step: 'parse' }),
  ),
  'findings.listFindings': the((store) => findings.listFindings(store, 'order:o', 2)),
  'findings.listFindings of a step': the((store) => findings.listFindings(store, 'order:o', 2, 'credit')),
  'forget.forgetOrders': within((tx) => forget.forgetOrders(tx, ['o', 'p'], BY), KEYS),
  'forget.removeContent': within((tx) => forget.removeContent(tx, ['o', 'p'])),
  'forget.forgetEmptyDocuments': within((tx) => forget.forgetEmptyDocuments(tx, ['d', 'e'], BY)),
  'forget.forgetDocuments': within((tx) => forget.forgetDocuments(tx, ['d'], BY), KEYS),
  'fulfilment.putFulfilments': within(
    (tx) => fulfilment.putFulfilments(tx, REF, LINES, { clearedBy: 'recheck', at: AT }),
    {
      rows: { line_holds: [{ revision: 2, position: 1 }] },
    },
  ),
  'fulfilment.putFulfilments again': within(
    (tx) => fulfilment.putFulfilments(tx, REF, LINES, { clearedBy: 'recheck', at: AT }),
    { taken: ['line_holds'] },
  ),
  'fulfilment.giveUpFulfilments': within(
    (tx) => fulfilment.giveUpFulfilments(tx, 'o', { clearedBy: 'cancelled', at: AT }),
    {
      rows: { line_holds: [{ revision: 2, position: 1 }] },
    },
  ),
  'fulfilment.listFulfilments': the((store) => fulfilment.listFulfilments(store, REF, 2)),
  'fulfilment.listLineHolds': the((store) => fulfilment.listLineHolds(store, REF)),
  'fulfilment.listWaitingOrders': the((store) => fulfilment.listWaitingOrders(store, 500)),
  'fulfilment.noteLooked': the((store) => fulfilment.noteLooked(store, REF, AT)),
  'handoffs.beginHandoff': within((tx) => handoffs.beginHandoff(tx, REF, AT), { taken: ['handoffs'] }),
  'handoffs.settleHandoff': within((tx) => handoffs.settleHandoff(tx, REF, 'accepted', 'P-1', AT)),
  'handoffs.findHandoff': the((store) => handoffs.findHandoff(store, REF)),
  'holds.openHolds': within((tx) => holds.openHolds(tx, REF, [HOLD], AT), { taken: ['holds'] }),
  'holds.countFailures': within((tx) => holds.countFailures(tx, REF, 'PROCESSING.FAILED')),
  'holds.clearHolds': within((tx) => holds.clearHolds(tx, 'o', { clearedBy: 'x', at: AT })),
  'holds.clearHolds that clear themselves': within((tx) =>
    holds.clearHolds(tx, 'o', { clearedBy: 'recheck', at: AT, only: 'self_clearing' }),
  ),
  'holds.clearHolds that are named': within((tx) =>
    holds.clearHolds(tx, 'o', { clearedBy: 'x', at: AT, only: ['STOCK.SHORT'] }),
  ),
  'holds.openHolds that look again': within((tx) => holds.openHolds(tx, REF, [{ ...HOLD, looksAgain: true }], AT), {
    taken: ['holds'],
    rows: { holds: [{ looks: 2, cleared_by: 'recheck' }] },
  }),
  'holds.listDueLooks': the((store) => holds.listDueLooks(store, AT, 200)),
  'holds.noteLook': the((store) => holds.noteLook(store, { order_id: 'o', looks: 1 }, AT)),
  'holds.postponeLook': the((store) => holds.postponeLook(store, 'o', LATER)),
  'holds.listOpenHolds': the((store) => holds.listOpenHolds(store, 'o')),
  'holds.listApprovedCodes': the((store) => holds.listApprovedCodes(store, REF)),
  'holds.listSelfClearing': the((store) =>
    holds.listSelfClearing(store, { after: { orderId: 'o', code: 'A' }, size: 200 }),
  ),
  'incident-hits.listNewTroubles': the((store) => hits.listNewTroubles(store, AT)),
  'incident-hits.listFindingPaths': the((store) => hits.listFindingPaths(store, { ...REF, code: 'PRODUCT.INACTIVE' })),
  'incident-hits.putHits': within((tx) => hits.putHits(tx, [HIT]), { untouched: true }),
  'incident-hits.endHits': the((store) => hits.endHits(store, AT)),
  'incident-hits.dropHits': the((store) => hits.dropHits(store, AT)),
  'incident-hits.tallyCauses': the((store) => hits.tallyCauses(store, LATER, { share: AT, others: AT })),
  'incident-hits.countReceived': the((store) => hits.countReceived(store, 'desk', AT, 40), {
    rows: { orders: [{ orders: 3 }] },
  }),
  'incidents.findOpenIncident': within((tx) => incidents.findOpenIncident(tx, CAUSE)),
  'incidents.listOpenIncidents': the((store) => incidents.listOpenIncidents(store)),
  'incidents.openIncident': within((tx) => incidents.openIncident(tx, CAUSE, AT), {
    rows: { incidents: [INCIDENT] },
    taken: ['incidents'],
  }),
  'incidents.attachHits': within((tx) => incidents.attachHits(tx, INCIDENT)),
  'incidents.recountIncident': within((tx) => incidents.recountIncident(tx, INCIDENT), {
    rows: { incident_orders: [{ orders: 13, waiting: 13 }] },
  }),
  'incidents.isLive': the((store) => incidents.isLive(store, 'i', AT)),
  'incidents.countLate': the((store) => incidents.countLate(store, 'i')),
  'incidents.closeIncident': within((tx) => incidents.closeIncident(tx, 'i', AT)),
  'incidents.markTold': within((tx) => incidents.markTold(tx, 'i', 120)),
  'incidents.readFacts': the((store) => incidents.readFacts(store, LIMITED, INCIDENT), {
    rows: { incident_orders: [{ orders: 1 }] },
  }),
  'incidents.listIncidents': the((store) =>
    incidents.listIncidents(
      store,
      LIMITED,
      { state: 'open', kind: 'product', cause: 'SKU-1' },
      { beforeId: 'i', size: 51 },
    ),
  ),
  'incidents.findIncident': the((store) => incidents.findIncident(store, 'i')),
  'incidents.listIncidentMembers': the(
    (store) => incidents.listIncidentMembers(store, LIMITED, 'i', { afterId: 'o', size: 51 }),
    { rows: { incident_orders: [{ subject_id: 'o' }] } },
  ),
  'incidents.countMembers': the((store) => incidents.countMembers(store, LIMITED, 'i'), {
    rows: { incident_orders: [{ orders: 1 }] },
  }),
  'incidents.acknowledgeIncident': within((tx) => incidents.acknowledgeIncident(tx, 'i', { ...BY, reason: 'mended' })),
  'incidents.hastenLooks': within((tx) => incidents.hastenLooks(tx, LIMITED, 'i', AT), {
    rows: { holds: [{ orders: 3 }] },
  }),
  'incidents.listIncidentsOf': the((store) => incidents.listIncidentsOf(store, 'o')),
  'intake.acceptDocument': the((store) => intake.acceptDocument(store, ARRIVAL, { orderId: 'o', operatorId: null })),
  'intake.acceptDocument to be split': the((store) => intake.acceptDocument(store, ARRIVAL)),
  'intake.refuseDocument': the((store) => intake.refuseDocument(store, ARRIVAL)),
  'intake.insertOrder': within((tx) => intake.insertOrder(tx, { ...ARRIVAL, format: 'x12', operatorId: null }, SLICE)),
  'key-rotation.rotateKeys': the((store, folder) =>
    rotation.rotateKeys(store, { keyFile: join(folder, 'keys.json'), actor: 'ada' }),
  ),
  'key-rotation.retireKeys': the((store, folder) =>
    rotation.retireKeys(store, { keyFile: join(folder, 'keys.json'), actor: 'ada' }, 0),
  ),
  'log.appendLog': within((tx) => log.appendLog(tx, 'order:o', ENTRY)),
  'log.appendLog of a step that is there': within((tx) => log.appendLog(tx, 'order:o', ENTRY), {
    rows: { order_processing_log: [AUDITED] },
    taken: ['order_processing_log'],
  }),
  'log.listLog': the((store) => log.listLog(store, 'order:o')),
  'log.findBrokenLink': the((store) => log.findBrokenLink(store, 'order:o')),
  'log.readWholeLog': the((store) => drain(log.readWholeLog(store))),
  'order-search.searchOrders': the((store) => search.searchOrders(store, LIMITED, { state: 'held' }, { size: 51 })),
  'order-search.searchOrders by a hold': the((store) =>
    search.searchOrders(store, LIMITED, { hold: 'STOCK.SHORT' }, { after: { receivedAt: AT, id: 'o' }, size: 51 }),
  ),
  'order-search.searchOrders by a document and a hold': the((store) =>
    search.searchOrders(store, LIMITED, { documentId: 'd', hold: 'STOCK.SHORT' }, { size: 51 }),
  ),
  'order-search.listUnfinishedOrders': the((store) => search.listUnfinishedOrders(store, PAGE)),
  'order-search.countOrdersByState': the((store) => search.countOrdersByState(store)),
  'orders.findOrder': within((tx) => orders.findOrder(tx, 'o')),
  'orders.peekOrder': within((tx) => orders.peekOrder(tx, 'o')),
  'orders.getOrderWithCounts': the((store) => orders.getOrderWithCounts(store, 'o')),
  'orders.moveOrder': within((tx) => orders.moveOrder(tx, REF, ['parsed'], 'held', AT)),
  'orders.putRevision': within((tx) => orders.putRevision(tx, REF, ORDER, { origin: 'parsed', ...BY })),
  'orders.getRevision': the((store) => orders.getRevision(store, REF)),
  'orders.listRevisions': the((store) => orders.listRevisions(store, 'o')),
  'orders.findContent': the((store) => orders.findContent(store, ROW), {
    rows: { order_revisions: [{ revision: 2 }] },
  }),
  'notices.putPushed': within((tx) => notices.putPushed(tx, NOTIFIED, { ...NOTICE, kind: 'order.rejected' })),
  'notices.putRefusal': within(
    (tx) => notices.putRefusal(tx, { id: 'd', source: 'desk', format: 'json' }, [FINDING], AT),
    {
      rows: { sources: [{ id: 'desk', profile_json: JSON.stringify(NOTIFIED) }] },
    },
  ),
  'notices.listForHouse': the((store) => notices.listForHouse(store, AT, 200)),
  'notices.foldNotice': the((store) => notices.foldNotice(store, 'm')),
  'notices.passToHouse': the(async (store) => {
    const content_sealed = (await seal.getSealer(store, 'order:o')).seal('outbox closed:2', '{}');
    const audience = { webhook: true, mailTo: ['ops@example.com'] };
    return notices.passToHouse(store, { ...PASSED_ON, content_sealed }, audience);
  }),
  'notice-search.searchNotices': the((store) =>
    noticeSearch.searchNotices(
      store,
      LIMITED,
      { source: 'desk', state: 'failed', channel: 'webhook', kind: 'order.rejected', subject: 'order:o' },
      { beforeId: 'm', size: 51 },
    ),
  ),
  'notice-search.findNotice': the((store) => noticeSearch.findNotice(store, LIMITED, 'm')),
  'notice-search.retryNotice': the((store) =>
    noticeSearch.retryNotice(store, { ...PASSED_ON, destination: 'desk:webhook' }, BY),
  ),
  'notice-search.retryNotices': the(
    (store) => noticeSearch.retryNotices(store, LIMITED, { source: 'desk', destination: 'desk:webhook' }, AT),
    { rows: { outbox: [{ destination: 'desk:webhook' }] } },
  ),
  'outbox.selectSummaries': the((store) => outbox.selectSummaries(store).execute()),
  'notice-destinations.listDueDestinations': the((store) => destinations.listDueDestinations(store, AT)),
  'notice-destinations.leaseDestination': the((store) =>
    destinations.leaseDestination(store, LEASE, { now: AT, until: LATER }),
  ),
  'notice-destinations.releaseDestination': the((store) => destinations.releaseDestination(store, LEASE)),
  'notice-destinations.findNextFor': the(
    (store) => destinations.findNextFor(store, LEASE.destination, AT, ['status_422']),
    {
      rows: { outbox: [MESSAGE] },
    },
  ),
  'notice-destinations.hurryDestination': the((store) =>
    destinations.hurryDestination(store, LEASE.destination, AT, ['status_422']),
  ),
  'notice-destinations.hurryFailed': the((store) => destinations.hurryFailed(store, 'no_mail_server', AT)),
  'notice-destinations.giveUpOld': the((store) =>
    destinations.giveUpOld(store, LEASE.destination, { writtenBefore: AT, fewestAttempts: 3 }, 'status_500'),
  ),
  'notice-destinations.stopDestination': the((store) =>
    destinations.stopDestination(store, LEASE.destination, 'h', AT),
  ),
  'notice-destinations.isStopped': the((store) => destinations.isStopped(store, LEASE.destination, 'h')),
  'notice-destinations.resumeDestination': the((store) => destinations.resumeDestination(store, LEASE.destination)),
  'outbox.putOnWay': within((tx) => outbox.putOnWay(tx, { ...OUTGOING, content: 'b' }, WAY, AT)),
  'outbox.giveUpOutbox': the((store) => outbox.giveUpOutbox(store, 'm', 'status_500')),
  'outbox.putUncomposed': within((tx) => outbox.putUncomposed(tx, { ...OUTGOING, message: {} }, AT)),
  'outbox.listDueOutbox': the((store) => outbox.listDueOutbox(store, AT, 200)),
  'outbox.composeOutbox': the(
    (store) =>
      outbox.composeOutbox(
        store,
        'm',
        () => true,
        () => ({ fileName: 'a', content: Buffer.from('ISA') }),
      ),
    {
      rows: (sealer) => ({
        outbox: [{ ...MESSAGE, content_sealed: sealer.sealJson('outbox 855:2', {}) }],
        control_numbers: [{ last_value: 7 }],
      }),
    },
  ),
  'outbox.markAcknowledged': within(
    (tx) => outbox.markAcknowledged(tx, { source: 'desk', kind: '855', controlNumber: '7' }, 'accepted', AT),
    { rows: { outbox: [{ subject: 'order:o' }] } },
  ),
  'outbox.listUnacknowledged': the((store) => outbox.listUnacknowledged(store, 'desk', '855', AT, 200)),
  'outbox.markMissed': within((tx) => outbox.markMissed(tx, 'm', AT)),
  'outbox.markDelivered': the((store) => outbox.markDelivered(store, 'm', AT)),
  'outbox.markDropped': the((store) => outbox.markDropped(store, 'm')),
  'outbox.postponeOutbox': the((store) => outbox.postponeOutbox(store, 'm', LATER, 'status_500')),
  'outbox.listOutbox': the((store) => outbox.listOutbox(store, 'order:o')),
  'outbox.takeControlNumber': within((tx) => outbox.takeControlNumber(tx, 'desk', 'group'), {
    rows: { control_numbers: [{ last_value: 7 }] },
  }),
  'outbox.takeControlNumber, the first': within((tx) => outbox.takeControlNumber(tx, 'desk', 'group'), {
    untouched: true,
  }),
  'people.indexPeople': within((tx) => people.indexPeople(tx, 'o', ORDER)),
  'poll-cursors.readCursor': the((store) => cursors.readCursor(store, LIST)),
  'poll-cursors.noteSuccess': the((store) => cursors.noteSuccess(store, LIST, '2', AT), { taken: ['poll_cursors'] }),
  'poll-cursors.noteFailure': the((store) => cursors.noteFailure(store, LIST, 'HTTP.503', LATER, AT)),
  'principals.putPrincipal': the((store) => principals.putPrincipal(store, LIMITED, 't', AT), {
    taken: ['principals'],
  }),
  'principals.findPrincipalByToken': the((store) => principals.findPrincipalByToken(store, 't')),
  'privacy-export.exportSubject': the(
    async (store) => drain((await privacyExport.exportSubject(store, REQUEST)).read()),
    { rows: { orders: [ROW] } },
  ),
  'privacy.listSubjectOrderIds': the((store) => privacy.listSubjectOrderIds(store, LIMITED, REQUEST.subject)),
  'privacy.keepPrivacyRequest': within((tx) => privacy.keepPrivacyRequest(tx, 'erase', REQUEST, { orders: 1 })),
  'privacy.eraseSubject': the((store) => privacy.eraseSubject(store, REQUEST), { rows: { orders: [ROW] } }),
  'privacy.listPrivacyRequests': the((store) => privacy.listPrivacyRequests(store, { beforeId: 'r', size: 51 })),
  'probe.findWriteFault': the((store) => probe.findWriteFault(store)),
  'received-numbers.claimNumbers': within((tx) => numbers.claimNumbers(tx, CLAIM, 'set', ['1 2 0001', '1 2 0002'])),
  'received-numbers.releaseNumbers': within((tx) => numbers.releaseNumbers(tx, 'd')),
  'received-numbers.findLastInterchange': the((store) => numbers.findLastInterchange(store, CLAIM), {
    rows: { received_numbers: [{ first_seen_at: AT, number: '000000007' }] },
  }),
  'received-numbers.countInterchangesBetween': the((store) =>
    numbers.countInterchangesBetween(store, 'desk', '1', '9'),
  ),
  'rejudgements.putRejudgement': within((tx) => rejudgements.putRejudgement(tx, REF, REJUDGED), {
    rows: { rejudgements: [{ last: 1 }] },
  }),
  'rejudgements.findIdleRejudgement': the((store) => rejudgements.findIdleRejudgement(store, REF)),
  'rejudgements.dropRejudgement': the((store) => rejudgements.dropRejudgement(store, REF, 1)),
  'rejudgements.getJudgementNumber': the((store) => rejudgements.getJudgementNumber(store, REF), {
    rows: { rejudgements: [{ last: 1 }] },
  }),
  'rejudgements.findJudgedAt': the((store) => rejudgements.findJudgedAt(store, REF)),
  'rejudgements.getCaseNow': the((store) => rejudgements.getCaseNow(store, REF)),
  'rejudgements.listRejudgements': the((store) => rejudgements.listRejudgements(store, REF)),
  'reprocess.reprocessOrder': the((store) => reprocess.reprocessOrder(store, DECISION, AT)),
  'retention.listExpiring': the((store) => retention.listExpiring(store, retention.DEFAULT_RETENTION, new Date(AT)), {
    rows: { orders: [{ count: 0, oldest: null }], documents: [{ count: 0, oldest: null }] },
  }),
  'retention.removeExpired': the(
    (store) => retention.removeExpired(store, retention.DEFAULT_RETENTION, new Date(AT), 100),
    {
      rows: { orders: [ROW] },
    },
  ),
  'reviews.findOpenReview': within((tx) => reviews.findOpenReview(tx, 'o')),
  'reviews.openReview': within((tx) => reviews.openReview(tx, ROW, AT, 1000)),
  'reviews.closeReview': within((tx) => reviews.closeReview(tx, 'o', AT)),
  'reviews.markEscalated': within((tx) => reviews.markEscalated(tx, 'r', AT)),
  'reviews.claimReview': within((tx) => reviews.claimReview(tx, 'r', 'ravi', { now: AT, until: LATER })),
  'reviews.releaseReview': within((tx) => reviews.releaseReview(tx, 'r', 'ravi')),
  'reviews.listReviews': the((store) => reviews.listReviews(store, LIMITED, { hold: 'STOCK.SHORT' }, { size: 51 })),
  'rules.findRulesSequence': the((store) => rules.findRulesSequence(store), RULES),
  'rules.listRulesInForce': the((store) => rules.listRulesInForce(store, { at: new Date(AT), sequence: 1 }), RULES),
  'rules.listKnownRules': the((store) => rules.listKnownRules(store), RULES),
  'rules.listRuleVersions': the((store) => rules.listRuleVersions(store, 'CREDIT.LIMIT')),
  'rules.addRuleVersion': within((tx) => rules.addRuleVersion(tx, RULE, BY, false), RULES),
  'rules.approveRule': within((tx) => rules.approveRule(tx, RULE, { actor: 'sofia', at: AT }, 'right'), RULES),
  'rules.withdrawRule': within((tx) => rules.withdrawRule(tx, RULE, BY, 'not needed'), RULES),
  'rules.seedRules': the((store) => rules.seedRules(store, [{ ...RULE, code: 'STOCK.SHORT' }], AT), RULES),
  'seal.createSealer': within((tx) => seal.createSealer(tx, 'order:o', AT)),
  'seal.getSealer': the((store) => seal.getSealer(store, 'order:o')),
  'seal.probeKeys': the((store) => seal.probeKeys(store)),
  'seal.openSealer': within((tx) => seal.openSealer(tx, 'source:desk', AT)),
  'seal.eraseKeys': within((tx) => seal.eraseKeys(tx, ['order:o']), KEYS),
  'simulations.putSimulation': the((store) => simulations.putSimulation(store, SIMULATION)),
  'simulations.findSimulation': the((store) => simulations.findSimulation(store, 's')),
  'simulations.listSimulations': the((store) =>
    simulations.listSimulations(store, { code: 'CREDIT.LIMIT', state: 'running', actor: 'ada' }, { beforeId: 's', size: 51 }),
  ), // prettier-ignore
  'simulations.listUnfinishedSimulations': the((store) =>
    simulations.listUnfinishedSimulations(store, { createdBefore: AT, afterId: 's', size: 200 }),
  ),
  'simulations.countPastOrders': the((store) => simulations.countPastOrders(store, PAST)),
  'simulations.listPastOrders': the((store) =>
    simulations.listPastOrders(store, PAST, { after: { receivedAt: AT, id: 'o' }, size: 200 }),
  ),
  'simulations.listStanding': the((store) => simulations.listStanding(store, { ...ROW, taken_at: AT })),
  'simulations.keepPage': the((store) =>
    simulations.keepPage(store, SIMULATION, {
      last: { receivedAt: AT, id: 'o' },
      tally: SIMULATION.tally,
      flipped: [
        { ...FLIPPED, orderId: 'o' },
        { ...FLIPPED, orderId: 'p' },
      ],
    }),
  ),
  'simulations.endSimulation': the((store) => simulations.endSimulation(store, 's', 'ended', AT)),
  'simulations.listFlipped': the((store) => simulations.listFlipped(store, 's', { afterId: 'o', size: 50 })),
  'source-secrets.putSecrets': the((store) => secrets.putSecrets(store, 'desk', 'webhook', ['one', 'other'], BY)),
  'source-secrets.readSecrets': the((store) => secrets.readSecrets(store, 'desk', 'webhook')),
  'source-secrets.countSecrets': the((store) => secrets.countSecrets(store, 'desk')),
  'sources.putSource': the((store) => sources.putSource(store, PROFILE, { ...BY, keyHash: 'h' }), {
    taken: ['sources'],
  }),
  'sources.findSource': the((store) => sources.findSource(store, 'desk')),
  'sources.hasSource': the((store) => sources.hasSource(store, 'desk')),
  'sources.findSourceByKey': the((store) => sources.findSourceByKey(store, 'k')),
  'sources.listSources': the((store) => sources.listSources(store)),
  'staged.getStaged': the((store) => staged.getStaged(store, REF)),
  'staged.putStaged': within((tx) => staged.putStaged(tx, REF, ORDER, AT)),
  'verdicts.putVerdict': within((tx) => verdicts.putVerdict(tx, REF, [])),
  'verdicts.findVerdict': the((store) => verdicts.findVerdict(store, REF)),
  'verify-log.verifyLog': the((store, folder) => verify.verifyLog(store, folder)),
};

/** What one call asks. A call that meets nothing ends where it gives up; what it asked until then stands. */
export async function listAsked({ ask, ...answers }: Asking): Promise<readonly Statement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'statements-'));
  try {
    const keys = openKeyFile(join(folder, 'keys.json'));
    const asked: Statement[] = [];
    const store = openAnswered(keys, async (statement) => {
      asked.push(statement);
      return answer(statement, answers, keys);
    });
    await Promise.resolve(ask(store, folder)).catch((error: unknown) => {
      if (asked.length === 0) throw error;
    });
    return asked;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A SQL Server that answers as it is told. */
function openAnswered(keys: Keyring, respond: (statement: Statement) => Promise<readonly Row[]>): Store {
  const connection: DatabaseConnection = {
    async executeQuery<R>(statement: Statement) {
      const rows = await respond(statement);
      return { rows, numAffectedRows: BigInt(rows.length) } as unknown as QueryResult<R>;
    },
    streamQuery() {
      throw new Error('nothing streams');
    },
  };
  const driver = new DummyDriver();
  driver.acquireConnection = () => Promise.resolve(connection);
  const paper = mssqlDialect('mssql://nobody:nothing@nowhere/paper');
  return { db: dialect.openDatabase({ ...paper, createDriver: () => driver }), keys };
}

/** Rows for what is read, or as many rows as were changed. */
async function answer(
  { sql, parameters }: Statement,
  { rows = {}, taken = [], untouched = false }: Answers,
  keys: Keyring,
): Promise<readonly Row[]> {
  const [, verb = '', table = ''] =
    /^(insert into|update|delete from|select .*? from) \(*(?:select .*? from )?"(\w+)"/.exec(sql) ?? [];
  if (verb === 'insert into' && taken.includes(table)) throw Object.assign(new Error('it is there'), { number: 2627 });
  if (!verb.startsWith('select')) return untouched && verb === 'update' ? [] : [{}];
  if (sql === 'select * from "data_keys" where "subject" = @1') return [await makeKeyRow(keys, String(parameters[0]))];
  const all = typeof rows === 'function' ? rows(await seal.getSealer(withKeys(keys), 'order:o')) : rows;
  return all[table] ?? [];
}

/** Data keys that were made, so that what was sealed under one is opened by the same. */
const made = new WeakMap<Keyring, Map<string, Row>>();

async function makeKeyRow(keys: Keyring, subject: string): Promise<Row> {
  const known = made.get(keys) ?? new Map<string, Row>();
  made.set(keys, known);
  const before = known.get(subject);
  if (before) return before;
  let row: Row = {};
  const store = openAnswered(keys, ({ parameters: [, wrapped, id] }) => {
    row = { subject, wrapped_key: wrapped, wrapping_key_id: id };
    return Promise.resolve([]);
  });
  await seal.createSealer(store, subject as `order:${string}`, AT);
  known.set(subject, row);
  return row;
}

function withKeys(keys: Keyring): Store {
  return openAnswered(keys, async ({ parameters }) => [await makeKeyRow(keys, String(parameters[0]))]);
}

/** What many calls ask on the way; it stands under its own name alone. */
const ON_THE_WAY = ['dialect.takeTurn', 'log.appendLog', 'seal.createSealer', 'seal.getSealer'];

/** All statements, one a line, under the name of the call that asks them. */
export async function dumpStatements(): Promise<string> {
  const said = new Map<string, readonly string[]>();
  for (const [name, asking] of Object.entries(ASKINGS)) said.set(name, (await listAsked(asking)).map(toLine));
  const onTheWay = new Set(ON_THE_WAY.flatMap((name) => said.get(name) ?? []));
  const parts = [...said].map(([name, lines]) => {
    const own = ON_THE_WAY.includes(name) ? lines : lines.filter((line) => !onTheWay.has(line));
    return [`-- ${name}`, ...own.filter((line, i) => line !== own[i - 1])].join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

function toLine({ sql }: Statement): string {
  return `${sql.trim().replaceAll(/\s+/g, ' ').replace(/;$/, '')};`;
}

if (import.meta.main) writeFileSync(STATEMENTS_FILE, await dumpStatements());
