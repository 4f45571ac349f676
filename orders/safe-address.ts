import { z } from 'zod';

/** The machine itself, where no network can listen in. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether secrets may be sent there: over TLS, or to this machine. */
function isSafe(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

/** The address of a system outside that is called: HTTPS, but for this machine. */
export const safeAddress = z
  .string()
  .max(1000)
  .refine(isSafe, 'an https URL without credentials; http only on this machine');
