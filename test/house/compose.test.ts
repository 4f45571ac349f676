import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { openKeyFile } from '../../db/keyring.ts';
import { mssqlDialect } from '../../db/mssql.ts';
import { PROJECT, readProject } from '../docs/sources.ts';
import { type Compose, listVariables, readCompose, type Service } from './compose.ts';

const FILE = 'docker-compose.yml';
const ENV = { ACCEPT_EULA: 'Y' };

/** What the programs of others are told, each as its own documentation names it. */
const KNOWN_TO_OTHERS: Readonly<Record<string, readonly string[]>> = {
  'mcr.microsoft.com/mssql/server': ['ACCEPT_EULA', 'MSSQL_PID', 'MSSQL_MEMORY_LIMIT_MB'],
  postgres: ['POSTGRES_USER', 'POSTGRES_PASSWORD_FILE'],
  'temporalio/admin-tools': ['SQL_PLUGIN', 'SQL_HOST', 'SQL_PORT', 'SQL_USER'],
  'temporalio/server': [
    'DB', 'DB_PORT', 'POSTGRES_SEEDS', 'POSTGRES_USER', 'NUM_HISTORY_SHARDS', 'BIND_ON_IP', 'PROMETHEUS_ENDPOINT', 'LOG_LEVEL',
  ],
  'temporalio/ui': [
    'TEMPORAL_ADDRESS', 'TEMPORAL_DEFAULT_NAMESPACE', 'TEMPORAL_CORS_ORIGINS', 'TEMPORAL_CSRF_COOKIE_INSECURE',
  ],
}; // prettier-ignore

/** The page of settings is itself held to name every setting that the programs read, and no other. */
const OURS = [...readProject('docs/settings.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)].map(([, name]) =>
  String(name),
);

const compose: Compose = readCompose(FILE, ENV);
const services = Object.entries(compose.services);

const runsOnce = (service: Service): boolean => service.restart?.startsWith('on-failure') ?? false;
const isTool = (service: Service): boolean => service.profiles?.includes('tools') ?? false;
const isOurs = (service: Service): boolean => service.image.startsWith('order-staging:');

/** Names of services of which something is not as it should be. */
const failing = (isFine: (service: Service, name: string) => boolean): readonly string[] =>
  services.filter(([name, service]) => !isFine(service, name)).map(([name]) => name);

describe('the schema of the Compose Specification', () => {
  let validate: ValidateFunction;

  beforeAll(() => {
    const schema = JSON.parse(readProject('test/fixtures/compose-spec/compose-spec.json')) as object;
    // It names its own dialect in a way that Ajv does not know, and formats that only Docker does.
    validate = new Ajv({ strict: false, validateSchema: false, validateFormats: false, allErrors: true }).compile(
      schema,
    );
  });

  test('is met', () => {
    validate(compose);
    expect(validate.errors).toBeNull();
  });

  test.each([
    ['a key that is not known', { gateway: { image: 'x', healtcheck: {} } }],
    ['a condition that is not known', { gateway: { image: 'x', depends_on: { db: { condition: 'service_ready' } } } }],
    ['a port of a wrong type', { gateway: { image: 'x', ports: [true] } }],
  ])('refuses %s', (_, broken) => {
    expect(validate({ services: broken })).toBe(false);
  });
});

describe('the services', () => {
  test('are all there', () => {
    const expected = [
      'mssql',
      'temporal-db',
      'temporal',
      'temporal-ui',
      'gateway',
      'worker',
      'batch-worker',
      'backoffice',
    ];
    expect(services.filter(([, service]) => !runsOnce(service) && !isTool(service)).map(([name]) => name)).toEqual(
      expected,
    );
  });

  test('show whether they are well, or do their work once and end', () => {
    const isFine = ({ healthcheck, ...service }: Service) =>
      runsOnce(service) || isTool(service)
        ? healthcheck?.disable === true
        : service.restart === 'unless-stopped' && (healthcheck?.test?.length ?? 0) > 1;
    expect(failing(isFine)).toEqual([]);
  });

  test('wait until those they need are well or done', () => {
    const wrong = services.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on)
        .filter(([needed, { condition }]) => {
          const other = compose.services[needed];
          return condition !== (other && runsOnce(other) ? 'service_completed_successfully' : 'service_healthy');
        })
        .map(([needed]) => `${name} on ${needed}`),
    );
    expect(wrong).toEqual([]);
  });

  test('take no more memory than they are given', () => {
    expect(failing((service) => isTool(service) || service.deploy?.resources?.limits?.memory !== undefined)).toEqual(
      [],
    );
  });

  test('come from images of one version', () => {
    expect(failing(({ image }) => /:[\w.-]*\d[\w.-]*$/.test(image) || image === 'order-staging:local')).toEqual([]);
  });

  test('open ports on the loopback address only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  test('keep the databases from everybody but those who need them', () => {
    const onNetwork = (network: string) =>
      services.filter(([, service]) => service.networks.includes(network)).map(([name]) => name);
    expect(compose.networks['store']?.internal).toBe(true);
    expect(compose.networks['temporal-store']?.internal).toBe(true);
    expect(onNetwork('store')).toEqual(['mssql', 'mssql-setup', 'setup', 'gateway', 'worker', 'batch-worker']);
    expect(onNetwork('temporal-store')).toEqual(['temporal-db', 'temporal-schema', 'temporal']);
    expect(failing((service, name) => !/mssql|-db$/.test(name) || !service.networks.includes('outside'))).toEqual([]);
  });

  test('of our own can write to volumes only', () => {
    const ours = services.filter(([, service]) => isOurs(service));
    expect(ours.length).toBeGreaterThan(4);
    expect(ours.filter(([, service]) => service.read_only !== true || 'privileged' in service)).toEqual([]);
  });

  test('of our own run programs that are there', () => {
    const programs = services
      .filter(([, service]) => isOurs(service))
      .flatMap(([, { command = [], healthcheck }]) => [...command, ...(healthcheck?.test ?? [])])
      .filter((word) => word.endsWith('.ts'));
    expect(programs).toContain('api/server.ts');
    expect(programs.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  });

  test('mount folders that are declared or there', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => String(volume.split(':')[0])));
    expect(sources.filter((from) => !(from in compose.volumes) && !existsSync(join(PROJECT, from)))).toEqual([]);
  });

  test('are told nothing that they do not know', () => {
    const isKnown = (service: Service, setting: string) => {
      const image = service.image.replace(/:[^:]*$/, '');
      return (isOurs(service) ? OURS : (KNOWN_TO_OTHERS[image] ?? [])).includes(setting);
    };
    const unknown = services.flatMap(([name, service]) =>
      Object.keys(service.environment ?? {})
        .filter((setting) => !isKnown(service, setting))
        .map((setting) => `${name}: ${setting}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('workers', () => {
  const { worker, 'batch-worker': batch } = compose.services;

  test('serve orders and batches in processes of their own', () => {
    expect([worker, batch].map((one) => one?.environment?.['WORKER_QUEUES'])).toEqual(['orders', 'orders-batch']);
  });

  test('can be many', () => {
    const many = readCompose(FILE, { ...ENV, WORKERS: '7', BATCH_WORKERS: '3' }).services;
    expect([many['worker']?.deploy?.replicas, many['batch-worker']?.deploy?.replicas].map(Number)).toEqual([7, 3]);
    for (const one of [worker, batch]) {
      expect(one?.ports).toBeUndefined();
      expect(one?.container_name).toBeUndefined();
    }
  });
});

describe('secrets', () => {
  const made = mkdtempSync(join(tmpdir(), 'order-staging-secrets-'));
  const readSecret = (name: string): string => readFileSync(join(made, name), 'utf8').trim();

  beforeAll(() => {
    execFileSync('sh', [join(PROJECT, 'ops/make-secrets.sh'), made]);
  });

  test('come from files, and each goes to those who read it', () => {
    const mentioned = (service: Service) =>
      [...JSON.stringify(service).matchAll(/\/run\/secrets\/([\w.-]+)/g)].map(([, name]) => String(name));
    const granted = services.map(([name, { secrets = [] }]) => [name, [...secrets].toSorted()]);
    expect(granted).toEqual(services.map(([name, service]) => [name, [...new Set(mentioned(service))].toSorted()]));
    expect(new Set(services.flatMap(([, { secrets = [] }]) => secrets))).toEqual(new Set(Object.keys(compose.secrets)));
  });

  test('are not in the file itself, nor is there one by default', () => {
    const told = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    expect(told.filter(([name]) => /(?:PASSWORD|PWD|KEY|TOKEN|DATABASE_URL)$/.test(name))).toEqual([]);
    const inFiles = told.filter(([name]) => name.endsWith('_FILE'));
    expect(inFiles.length).toBeGreaterThan(5);
    expect(inFiles.filter(([, value]) => !String(value).startsWith('/run/secrets/'))).toEqual([]);
    const text = readProject(FILE);
    expect(listVariables(text).filter(({ name }) => /PASS|PWD|KEY|TOKEN/.test(name))).toEqual([]);
    // user:password@host
    expect(text).not.toMatch(/:\/\/[^\s/@]+:[^\s/@]+@/);
    expect(text).not.toMatch(/(?:password|pwd)\s*[=:]\s*(?!["']?\$\$\()["']?\w/i);
  });

  test('are taken out of the hands of the engine, of git and of the image', () => {
    expect(readProject('.gitignore').split('\n')).toEqual(expect.arrayContaining(['secrets/', '.env']));
    expect(readProject('.dockerignore')).not.toMatch(/^!(secrets|\.env)/m);
  });

  test('are all made by ops/make-secrets.sh, for nobody else to see', () => {
    const files = Object.values(compose.secrets).map(({ file }) => basename(file));
    expect(readdirSync(made)).toEqual(files.toSorted());
    expect((statSync(made).mode & 0o777).toString(8)).toBe('700');
  });

  test('stay as they are when they are made again', () => {
    const before = readdirSync(made).map(readSecret);
    execFileSync('sh', [join(PROJECT, 'ops/make-secrets.sh'), made]);
    expect(readdirSync(made).map(readSecret)).toEqual(before);
    expect(new Set(before).size).toBe(before.length);
  });

  test('lead to the database that is set up', () => {
    const { protocol, hostname, pathname, username, password, searchParams } = new URL(readSecret('database-url'));
    const setUp = compose.services['mssql-setup']?.command?.join() ?? '';
    expect(() => mssqlDialect(readSecret('database-url'))).not.toThrow();
    expect(protocol).toBe('mssql:');
    expect(compose.services).toHaveProperty(hostname);
    expect(setUp).toContain(`-v DATABASE=${pathname.slice(1)} LOGIN=${username}\n`);
    expect(password).toBe(readSecret('mssql-app-password'));
    expect(searchParams.get('encrypt')).toBe('true');
  });

  test('are strong enough for SQL Server: capitals, small letters, digits and signs', () => {
    for (const name of ['mssql-sa-password', 'mssql-app-password']) {
      for (const kind of [/[A-Z]/, /[a-z]/, /\d/, /-/, /^.{40,}$/]) expect(readSecret(name)).toMatch(kind);
    }
  });

  test('open the sealed content', () => {
    expect(openKeyFile(join(made, 'master-keys.json')).currentId).toBe('root');
  });
});

describe('the page on deployment', () => {
  const page = readProject('docs/deployment.md');
  const firstColumn = [...page.matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, name]) => String(name));

  test('explains every variable that the file takes, with its default', () => {
    const variables = new Map(listVariables(readProject(FILE)).map(({ name, fallback }) => [name, fallback]));
    expect(variables.size).toBeGreaterThan(10);
    expect(firstColumn.filter((name) => /^[A-Z_]+$/.test(name)).toSorted()).toEqual([...variables.keys()].toSorted());
    for (const name of ['MSSQL_PID', 'SECRETS', 'PORT', 'TEMPORAL_UI_PORT', 'WORKERS', 'BATCH_WORKERS', 'VERSION']) {
      expect(page).toContain(`| \`${name}\` | \`${String(variables.get(name))}\` |`);
    }
  });

  test('names every secret', () => {
    const files = Object.values(compose.secrets).map(({ file }) => basename(file));
    expect(firstColumn).toEqual(expect.arrayContaining(files));
  });
});
