import { z } from 'zod';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host is the machine itself, where no network can listen in. @param hostname as a `URL` has it */
export function isThisMachine(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether secrets may be sent there: over TLS, or to this machine. */
function isSafe(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url.hostname));
}

/** The address of a system outside that is called: HTTPS, but for this machine. */
export const safeAddress = z
  .string()
  .max(1000)
  .refine(isSafe, 'an https URL without credentials; http only on this machine');
