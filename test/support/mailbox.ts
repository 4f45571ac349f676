import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A letter as a mail server took it. */
export interface ReceivedLetter {
  readonly from: string;
  readonly to: readonly string[];
  /** Names in lower case; lines that were folded are one. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly user: string | undefined;
}

/** A mail server on this machine that keeps what it is given. */
export interface Mailbox {
  readonly port: number;
  readonly letters: ReceivedLetter[];
  readonly close: () => Promise<void>;
}

export async function openMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const letters: ReceivedLetter[] = [];
  const server = new SMTPServer({
    // Its certificate is for tests, and it says so.
    logger: false,
    authOptional: true,
    // Who insists on TLS must be the one who mails.
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('wrong')),
    onData: (stream, { envelope, user }, done) => {
      void text(stream).then((raw) => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        letters.push({ from, to, user, ...parse(raw) });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
  return { port: (server.server.address() as AddressInfo).port, letters, close };
}

function parse(raw: string): Pick<ReceivedLetter, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n'); // prettier-ignore
  const headers = lines.map((line) => {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    return [name.toLowerCase(), value] as const;
  });
  const map = new Map(headers);
  if (map.size !== headers.length) throw new Error('a header came twice');
  const body = raw.slice(end + 4);
  return { headers: map, text: map.get('content-transfer-encoding') === 'quoted-printable' ? unquote(body) : body };
}

/** @see RFC 2045 section 6.7 */
function unquote(body: string): string {
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
