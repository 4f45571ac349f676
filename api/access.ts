import type { Role } from '../orders/state.ts';

/**
 * Who may call: everyone; senders who sign, as the operation itself verifies; or people with one of the roles and, where it
 * says so, sources with their key.
 */
export type Access = 'open' | 'signed' | { readonly roles: readonly Role[]; readonly sources: boolean };

export const EVERY_ROLE: readonly Role[] = ['operator', 'reviewer', 'supervisor', 'auditor', 'admin'];
