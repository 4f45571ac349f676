import { createTransport } from 'nodemailer';
import { isThisMachine } from '../orders/safe-address.ts';
import { atMost } from './at-most.ts';
import { codeOfFailure } from './failure-codes.ts';
import type { Sent } from './sent.ts';

/*
 * Hands letters to a mail server. Over TLS, but for a server on this machine: without it neither the password nor what the
 * letter says would be between the two of us.
 */

/** A letter in plain text. */
export interface Letter {
  /** Part of the Message-ID: the same at each attempt, by which a repetition is known. */
  readonly id: string;
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface MailOptions {
  /** `smtp://user:password@host:port`, with STARTTLS; `smtps://…` for TLS from the beginning. */
  readonly url: string;
  /** An address, or `Name <address>`. */
  readonly from: string;
  readonly timeoutMs?: number;
}

/** Of each step; nodemailer has no time limit for all of them. */
const TIMEOUT_MS = 15_000;
/** A server that takes longer than this many of its steps may is given up: nobody keeps a destination for ever. */
const MOST_TIMEOUTS = 3;

/** Makes what mails letters. Every failure is an outcome, never thrown: it is waited out. */
export function createMailSender(options: MailOptions): (letter: Letter) => Promise<Sent> {
  const transport = createTransport(toTransport(options));
  const longestMs = MOST_TIMEOUTS * (options.timeoutMs ?? TIMEOUT_MS);
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(options.from)?.[1] ?? 'localhost';
  return async ({ id, to, subject, text }) => {
    try {
      const sending = transport.sendMail({
        from: options.from,
        // As an object it is one address, whatever stands in it.
        to: { name: '', address: to },
        subject,
        text,
        messageId: `<${id}@${domain}>`,
        // No out-of-office reply: nobody reads it. @see RFC 3834
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      if (await atMost(longestMs, sending)) return { kind: 'delivered' };
      // It may arrive all the same: then it comes again under the same Message-ID.
      return { kind: 'failed', code: 'etimedout', about: 'destination' };
    } catch (error) {
      return judge(error);
    }
  };
}

function toTransport({ url: text, timeoutMs = TIMEOUT_MS }: MailOptions) {
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  const isLoopback = isThisMachine(url.hostname);
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !isLoopback,
    ignoreTLS: !secure && isLoopback,
    ...(user !== '' && { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A letter is text of ours; nothing in it names a file or an address to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** What the server says in words may quote the address; its number is enough. @see RFC 5321 section 4.2 */
function judge(error: unknown): Sent {
  const {
    code,
    command,
    responseCode = 0,
  } = error as Partial<Record<'code' | 'command', string>> & {
    readonly responseCode?: number;
  };
  if (responseCode === 0) return { kind: 'failed', code: codeOfFailure(error, 'unreachable'), about: 'destination' };
  const failure = { kind: 'failed', code: `smtp_${String(responseCode)}` } as const;
  // A server that does not take us as a sender would take no other letter either.
  const isAboutLetter = (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM';
  const isRefusal = responseCode >= 500 && isAboutLetter;
  return isRefusal ? { ...failure, about: 'message', isFinal: true } : { ...failure, about: 'destination' };
}
