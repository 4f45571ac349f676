/** Where a SQL Server is, and who asks. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** `strict`: TLS from the first byte (TDS 8.0). */
  readonly encrypt: boolean | 'strict';
  /** Takes any certificate, also one that nobody vouches for. */
  readonly trustServerCertificate: boolean;
}

/** What may stand behind the question mark, with its values; the first one is the default. */
const OPTIONS = { encrypt: ['true', 'false', 'strict'], trustServerCertificate: ['false', 'true'] } as const;

/** @throws Error telling what is wrong with the URL without quoting it: it holds the password. */
export function parseServerUrl(url: string): ServerAddress {
  if (!URL.canParse(url))
    throw complain('is no URL; in user and password write # / ? @ : % as %23 %2F %3F %40 %3A %25');
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  for (const name of searchParams.keys()) {
    if (!(name in OPTIONS)) throw complain(`does not know "${name}"; there are ${Object.keys(OPTIONS).join(' and ')}`);
  }
  const encrypt = choose(searchParams, 'encrypt');
  const parts = { host: hostname.replace(/^\[|\]$/g, ''), database: pathname.slice(1), user: username, password };
  for (const [name, part] of Object.entries(parts)) {
    if (part === '') throw complain(`lacks the ${name}; it is mssql://user:password@host:1433/database`);
  }
  return {
    host: parts.host,
    port: port === '' ? 1433 : Number(port),
    database: decode(parts.database),
    user: decode(parts.user),
    password: decode(parts.password),
    encrypt: encrypt === 'strict' ? encrypt : encrypt === 'true',
    trustServerCertificate: choose(searchParams, 'trustServerCertificate') === 'true',
  };
}

function choose<N extends keyof typeof OPTIONS>(given: URLSearchParams, name: N): (typeof OPTIONS)[N][number] {
  const said = given.get(name) ?? OPTIONS[name][0];
  const choice = OPTIONS[name].find((one) => one === said);
  if (choice === undefined) throw complain(`"${name}" is ${OPTIONS[name].join(' or ')}`);
  return choice;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw complain('has a % that is not followed by two hexadecimal digits; the sign itself is %25');
  }
}

function complain(what: string): Error {
  return new Error(`DATABASE_URL: ${what}`);
}
