/** Coverage is of the whole: a run of some tests, by path or by name, is not measured. */
const isWhole = !process.argv
  .slice(2)
  .some((argument) => /^(?!-)|^-t|^--(?:test|find|only|shard|watch)/.test(argument));

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFiles: ['<rootDir>/test/support/property-seed.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript' },
          transform: { verbatimModuleSyntax: true },
        },
      },
    ],
  },
  // Tests start real servers, and the first run on a machine may have to fetch them.
  testTimeout: 120_000,
  maxWorkers: 2,
  // What decides about orders: a rule or a reader that no test runs through is not to be trusted.
  collectCoverage: isWhole,
  coverageProvider: 'v8',
  coverageReporters: ['text-summary'],
  collectCoverageFrom: ['orders/rules/**/*.ts', 'orders/formats/**/*.ts'],
  coverageThreshold: {
    './orders/rules/': { lines: 95, branches: 95 },
    './orders/formats/': { lines: 95, branches: 95 },
  },
};
