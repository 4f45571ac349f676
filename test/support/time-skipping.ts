import { fetchTimeSkippingServer } from './fetch-time-skipping-server.ts';
import './quiet-runtime.ts';

/**
 * The time-skipping test server, on which a 4-hour timer takes seconds.
 *
 * @returns what `TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })` takes
 * @throws Error saying what was tried to get it
 */
export const findTimeSkippingServer = async (): Promise<{ type: 'existing-path'; path: string }> => ({
  type: 'existing-path',
  path: await fetchTimeSkippingServer(),
});
