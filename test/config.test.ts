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
