/** Where an order stands; see "An order's life" in ARCHITECTURE.md. */
export type OrderState =
  | 'received'
  | 'parsed'
  | 'validated'
  | 'reserved'
  | 'staged'
  | 'submitted'
  | 'completed'
  | 'in_review'
  | 'held'
  | 'rejected'
  | 'cancelled'
  /** A change of an earlier order, which took it in. */
  | 'applied';

/** States that nothing moves any more, short of a reprocess. A `staged` order of a shadow source is terminal by its gate. */
export const TERMINAL_STATES: readonly OrderState[] = ['completed', 'rejected', 'cancelled', 'applied'];

/** How orders arrive. */
export type Channel = 'ecommerce' | 'edi' | 'api' | 'manual';

/** What a person may do. */
export type Role = 'operator' | 'reviewer' | 'supervisor' | 'auditor' | 'admin';

/** What the gate decides for an order of a source: hand off, stop after staging, let a person decide, or wait. */
export type Gate = 'live' | 'shadow' | 'manual' | 'paused';
