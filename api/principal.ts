import type { Request, RequestHandler } from 'express';
import type { OrderRow } from '../db/orders.ts';
import { findPrincipalByToken, type Principal } from '../db/principals.ts';
import { findSourceByKey } from '../db/sources.ts';
import type { Role } from '../orders/state.ts';
import type { SourceProfile } from '../orders/source.ts';
import type { Access } from './access.ts';
import type { Deps } from './deps.ts';
import { Problem } from './problem.ts';

/** Who calls: a person, or a source with its key. Every route and statement is limited by it. */
export interface Caller extends Principal {
  /** The source whose key it is; null for people. */
  readonly source: SourceProfile | null;
  /** Why a person reads, as the audit trail keeps it. */
  readonly purpose: Purpose;
}

/** What personal data may be read for. One of these words, because the audit trail holds no free text. */
export const PURPOSES = ['operations', 'review', 'support', 'dispute', 'audit', 'privacy'] as const;
type Purpose = (typeof PURPOSES)[number];

/** Header in which a caller says why it reads. */
export const PURPOSE_HEADER = 'X-Purpose';

/** Stands where an operation is open to all; sees nothing. */
const NOBODY: Caller = { id: 'nobody', roles: [], sources: [], source: null, purpose: 'operations' };

const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="order-staging"' };

/**
 * Finds out who calls, by `Authorization: Bearer <key or token>`, and whether they may.
 * @see RFC 6750
 */
export function authenticate(deps: Deps, access: Access): RequestHandler {
  return async (request, response, next) => {
    response.locals['caller'] = typeof access === 'string' ? NOBODY : await getAllowed(deps, access, request);
    next();
  };
}

async function getAllowed(deps: Deps, access: Exclude<Access, string>, request: Request): Promise<Caller> {
  const caller = await getCaller(deps, request);
  if (mayCall(access, caller)) return caller;
  throw new Problem('not-allowed', refusal(access, caller));
}

async function getCaller({ store }: Deps, request: Request): Promise<Caller> {
  const [, token] = /^Bearer +([\w.~+/=-]{1,512})$/i.exec(request.get('Authorization') ?? '') ?? [];
  if (token === undefined)
    throw new Problem('not-authenticated', 'send Authorization: Bearer <key or token>', {}, CHALLENGE);
  const source = await findSourceByKey(store, token);
  if (source) return toCaller(source);
  const person = await findPrincipalByToken(store, token);
  if (person) return { ...person, source: null, purpose: readPurpose(request, person) };
  const headers = { 'WWW-Authenticate': `${CHALLENGE['WWW-Authenticate']}, error="invalid_token"` };
  throw new Problem('not-authenticated', 'nobody has this key or token', {}, headers);
}

/** A source that calls for itself. */
export function toCaller(source: SourceProfile): Caller {
  return { id: `source:${source.id}`, roles: [], sources: [source.id], source, purpose: 'operations' };
}

/** The purpose that the caller names, or else the one that goes with what the person is here for. */
function readPurpose(request: Request, { roles }: Principal): Purpose {
  const named = request.get(PURPOSE_HEADER);
  const purpose = PURPOSES.find((one) => one === named);
  if (purpose) return purpose;
  if (named !== undefined)
    throw new Problem('invalid-request', `${PURPOSE_HEADER} is one of ${PURPOSES.join(', ')}; leave it out otherwise`);
  if (roles.includes('reviewer')) return 'review';
  return roles.includes('auditor') ? 'audit' : 'operations';
}

function mayCall({ roles, sources }: Exclude<Access, string>, caller: Caller): boolean {
  return caller.source ? sources : hasRole(caller, roles);
}

function refusal({ roles }: Exclude<Access, string>, caller: Caller): string {
  return caller.source
    ? "a source's key cannot be used for this; it takes a person"
    : `this takes the role ${roles.join(' or ')}`;
}

/** Whether the person has one of the roles. */
function hasRole(caller: Principal, roles: readonly Role[]): boolean {
  return caller.roles.some((role) => roles.includes(role));
}

/** Whether the caller may see what belongs to this source and customer. */
export function maySee(caller: Principal, of: Pick<OrderRow, 'source' | 'customer_id'>): boolean {
  const sourceFits = caller.sources === undefined || caller.sources.includes(of.source);
  const { customers } = caller;
  return sourceFits && (customers === undefined || (of.customer_id !== null && customers.includes(of.customer_id)));
}
