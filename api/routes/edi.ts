import { v4 as uuidv4 } from 'uuid';
import { startEdiBatch, webUiLink } from '../engine.ts';
import { operation, type Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { shapes } from '../views.ts';

/** The EDI batch, out of turn. */
export const ediOperations: readonly Operation[] = [
  operation({
    method: 'post',
    path: '/v1/edi/run',
    id: 'runEdiBatch',
    tag: 'Documents',
    summary: 'Take in the EDI inboxes now instead of at the hour',
    access: { roles: ['operator', 'supervisor', 'admin'], sources: false },
    answers: { 202: { description: 'Started', schema: shapes.BatchStarted } },
    handle: async ({ deps, caller }) => {
      const workflowId = `edi-batch:manual:${uuidv4()}`;
      if (!(await startEdiBatch(deps, workflowId, caller.id))) {
        const wait = { 'Retry-After': '30' };
        throw new Problem('engine-unavailable', 'the batch could not be started; the hourly one will come', {}, wait);
      }
      const temporal = webUiLink(deps, workflowId);
      return { status: 202, body: { workflowId, links: temporal === undefined ? {} : { temporal } } };
    },
  }),
];
