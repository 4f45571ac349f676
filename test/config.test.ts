import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, getBackOfficeKey, readSettings } from '../config.ts';

describe('settings', () => {
  test('a silent environment gives the documented defaults', () => {
    expect(readSettings({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: 'file:var/order-staging.sqlite',
      keyFile: 'var/keys/master.json',
      masterKeys: null,
      ediDir: 'var/edi',
      temporalAddress: '127.0.0.1:7233',
      temporalNamespace: 'order-staging',
      backOfficeUrl: 'http://127.0.0.1:3100',
      workerQueues: ['orders', 'orders-batch'],
      metricsPort: 9464,
      logLevel: 'info',
    });
  });

  test('paths follow the folder of everything that is kept, unless they are set', () => {
    const settings = readSettings({ VAR_DIR: '/srv/orders', EDI_DIR: '/mnt/edi' });
    expect(settings.databaseUrl).toBe('file:/srv/orders/order-staging.sqlite');
    expect(settings.ediDir).toBe('/mnt/edi');
  });

  test('an empty variable counts as not set', () => {
    expect(readSettings({ PORT: '' }).port).toBe(3000);
  });

  describe('of notices', () => {
    const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const inFile = (text: string): string => {
      const path = join(mkdtempSync(join(tmpdir(), 'settings-')), 'secret');
      writeFileSync(path, text);
      return path;
    };

    test('are empty by default: nothing is mailed, our own people are not told, private addresses are not called', () => {
      const nothing = { mail: null, operationsWebhook: null, operationsMailTo: [], allowPrivate: false };
      expect(readSettings({}).notices).toEqual(nothing);
    });

    test('say how mail goes out and who is told; secrets may stand in files', () => {
      const { notices } = readSettings({
        SMTP_URL_FILE: inFile('smtps://user:p%40ss@mail.example.com:465\n'),
        MAIL_FROM: 'Orders <orders@example.com>',
        OPERATIONS_MAIL_TO: 'ops@example.com, boss@example.com',
        OPERATIONS_WEBHOOK_URL: 'https://chat.example.com/hook',
        OPERATIONS_WEBHOOK_SECRET_FILE: inFile(`${SECRET}, ${SECRET}\n`),
        NOTIFY_ALLOW_PRIVATE: 'true',
      });
      expect(notices).toEqual({
        mail: { url: 'smtps://user:p%40ss@mail.example.com:465', from: 'Orders <orders@example.com>' },
        operationsMailTo: ['ops@example.com', 'boss@example.com'],
        operationsWebhook: { url: 'https://chat.example.com/hook', secrets: [SECRET, SECRET] },
        allowPrivate: true,
      });
    });

    test.each([
      [{ SMTP_URL: 'http://mail.example.com' }, /SMTP_URL: must be smtp:/],
      [{ SMTP_URL: 'smtp://mail.example.com' }, /MAIL_FROM/],
      [{ SMTP_URL_FILE: '/nowhere', MAIL_FROM: 'a@example.com' }, /SMTP_URL_FILE: .*cannot be read/],
      [{ SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'a@example.com\r\nBcc: b@example.com' }, /MAIL_FROM/],
      [{ SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'Name\n <a@example.com>' }, /MAIL_FROM/],
      [{ OPERATIONS_MAIL_TO: 'ops@example.com' }, /OPERATIONS_MAIL_TO: needs SMTP_URL/],
      [{ OPERATIONS_MAIL_TO: 'ops@example.com;boss' }, /OPERATIONS_MAIL_TO: must be/],
      [{ OPERATIONS_WEBHOOK_URL: 'http://chat.example.com' }, /OPERATIONS_WEBHOOK_URL: must be an https URL/],
      [{ OPERATIONS_WEBHOOK_URL: 'https://chat.example.com' }, /OPERATIONS_WEBHOOK_SECRET/],
      [{ OPERATIONS_WEBHOOK_URL: 'https://chat.example.com', OPERATIONS_WEBHOOK_SECRET: 'guess' }, /whsec_/],
      [{ NOTIFY_ALLOW_PRIVATE: 'yes' }, /NOTIFY_ALLOW_PRIVATE/],
    ])('%j is refused', (env, message) => {
      expect(() => readSettings(env as NodeJS.ProcessEnv)).toThrow(message);
    });

    test('are refused without a word of a secret', () => {
      const env = { SMTP_URL_FILE: inFile('smtp//user:hunter2@mail'), MAIL_FROM: 'a@example.com' };
      expect(() => readSettings(env)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
      );
    });
  });

  test('every setting that cannot be used is named at once', () => {
    const read = () => readSettings({ PORT: 'eighty', TEMPORAL_ADDRESS: 'http://nowhere', LOG_LEVEL: 'loud' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/PORT: .*\n.*TEMPORAL_ADDRESS: must be host:port.*\n.*LOG_LEVEL: /s);
  });

  test('the back office key comes from the variable, else from the file, and its absence is said clearly', () => {
    const directory = mkdtempSync(join(tmpdir(), 'config-'));
    const file = join(directory, 'key');
    writeFileSync(file, 'key-of-the-file\n');
    expect(getBackOfficeKey(readSettings({ BACKOFFICE_API_KEY_FILE: file }))).toBe('key-of-the-file');
    const both = readSettings({ BACKOFFICE_API_KEY_FILE: file, BACKOFFICE_API_KEY: 'key-of-the-variable' });
    expect(getBackOfficeKey(both)).toBe('key-of-the-variable');
    expect(() => getBackOfficeKey(readSettings({ VAR_DIR: directory }))).toThrow(/BACKOFFICE_API_KEY: set it/);
    expect(() => readSettings({ BACKOFFICE_API_KEY_FILE: join(directory, 'none') })).toThrow(/cannot be read/);
  });

  test('the URL of the database comes from the variable, else from the file, and is never quoted in an error', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'database-url');
    writeFileSync(file, 'mssql://orders:secret@db:1433/orders\n');
    expect(readSettings({ DATABASE_URL_FILE: file }).databaseUrl).toBe('mssql://orders:secret@db:1433/orders');
    expect(readSettings({ DATABASE_URL_FILE: file, DATABASE_URL: 'file:x' }).databaseUrl).toBe('file:x');
    expect(() => readSettings({ DATABASE_URL_FILE: `${file}-none` })).toThrow(/DATABASE_URL_FILE: .*cannot be read/);
    writeFileSync(file, 'secret');
    expect(() => readSettings({ DATABASE_URL_FILE: file })).toThrow(/^DATABASE_URL_FILE: (?!.*secret)/);
  });
});
