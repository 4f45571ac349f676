import { stopServers } from './global-setup.ts';

/** Ends the servers of the run. */
export default (): Promise<void> => stopServers();
