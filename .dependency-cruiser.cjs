/**
 * Who may import whom: the table of ARCHITECTURE.md as rules. Each part of the house names what it may import of the
 * house (as values, or as types only), of npm and of Node; everything else is refused.
 */

/** Parsers and arithmetic that compute on what they are given: no I/O, no clock, no randomness. */
const PURE_LIBRARIES = [
  'zod',
  'decimal.js',
  'jsonc-parser',
  'csv-parse',
  'saxes',
  '@marcbachmann/cel-js',
  '@bufbuild/re2',
];
const DATABASE_LIBRARIES = ['kysely', 'tedious', 'tarn'];
/** Makes the ids of what is stored; random, so not for orders/ or workflows/. */
const ID_LIBRARIES = ['uuid'];
/** What every program begins with. */
const SETTINGS_AND_LOG = ['^config\\.ts$', '^log\\.ts$', '^program\\.ts$'];
const TEMPORAL_LIBRARIES = ['activity', 'client', 'common', 'testing', 'worker', 'workflow'].map(
  (n) => `@temporalio/${n}`,
);
/** Where the workflows name their signals, updates and queries: all that others may import of them as values. */
const CONTRACT = '^workflows/contract\\.ts$';
/** How messages are signed: pure, for those who take messages in, those who send them and the settings. */
const SIGNATURES = '^exchange/signatures\\.ts$';
/** How a server's `Retry-After` is read: pure, for all who ask servers. */
const RETRY_AFTER = '^exchange/retry-after\\.ts$';
/** Which addresses secrets may be sent to: pure, for profiles, settings and those who send. */
const SAFE_ADDRESS = '^orders/safe-address\\.ts$';
/** The port and its client; the reference server is a program of its own. */
const BACK_OFFICE = '^backoffice/(?!reference/)';

/** @typedef {{ house: string[], types?: string[], npm?: string[], npmExcept?: string[], node?: false }} MayImport */

/** @type {Record<string, { path: string } & MayImport>} */
const PARTS = {
  orders: { path: '^orders/', house: ['^orders/'], npm: PURE_LIBRARIES, node: false },
  // zod stays out too: it doubles the bundle, and cached workflows have died of memory with schemas inside
  // (https://github.com/temporalio/sdk-typescript/issues/2227).
  workflows: {
    path: '^workflows/',
    house: ['^workflows/'],
    types: ['^orders/', '^activities/'],
    npm: ['@temporalio/workflow', '@temporalio/common'],
    node: false,
  },
  activities: {
    path: '^activities/',
    house: ['^activities/', '^orders/', '^db/', BACK_OFFICE, '^exchange/(?!reference/)'],
    npm: ['@temporalio/activity', '@temporalio/common', ...ID_LIBRARIES],
  },
  backoffice: {
    path: BACK_OFFICE,
    house: [BACK_OFFICE, RETRY_AFTER],
    types: ['^orders/'],
    npmExcept: [...TEMPORAL_LIBRARIES, ...DATABASE_LIBRARIES, 'express'],
  },
  'backoffice-reference': {
    path: '^backoffice/reference/',
    house: ['^backoffice/reference/'],
    npmExcept: [...TEMPORAL_LIBRARIES, ...DATABASE_LIBRARIES],
  },
  exchange: {
    path: '^exchange/(?!reference/)',
    house: ['^exchange/(?!reference/)', SAFE_ADDRESS],
    types: ['^orders/'],
    npmExcept: [...TEMPORAL_LIBRARIES, ...DATABASE_LIBRARIES, 'express'],
  },
  // An integration to be polled: a program of its own.
  'exchange-reference': {
    path: '^exchange/reference/',
    house: ['^exchange/reference/'],
    npmExcept: [...TEMPORAL_LIBRARIES, ...DATABASE_LIBRARIES, 'express'],
  },
  db: { path: '^db/', house: ['^db/'], types: ['^orders/'], npm: [...DATABASE_LIBRARIES, ...ID_LIBRARIES] },
  api: {
    path: '^api/',
    house: ['^api/', '^orders/', '^db/', BACK_OFFICE, SIGNATURES, CONTRACT, ...SETTINGS_AND_LOG],
    types: ['^workflows/'],
    npmExcept: [...TEMPORAL_LIBRARIES.filter((name) => !/client|common/.test(name)), ...DATABASE_LIBRARIES],
  },
  web: { path: '^web/', house: ['^web/'], types: ['^api/'], npmExcept: TEMPORAL_LIBRARIES },
  config: { path: '^config\\.ts$', house: ['^config\\.ts$', SAFE_ADDRESS, SIGNATURES], npm: ['zod'] },
  log: { path: '^log\\.ts$', house: ['^log\\.ts$'], npm: ['pino'] },
  program: { path: '^program\\.ts$', house: ['^config\\.ts$', '^db/'], npm: [] },
  // The programs. A worker is given the workflows by path: they run in a bundle of their own.
  programs: { path: '^(workers|cli|bench)/', house: ['^(?!test/|workflows/)', CONTRACT], types: ['^workflows/'] },
};

/** @param {string[]} names */
const packagePaths = (names) => names.map((name) => `(^|node_modules/)${name.replaceAll('.', '\\.')}(/|$)`);
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

/** @param {string} name @param {{ path: string } & MayImport} part */
const rulesOf = (name, { path, house, types = [], npm, npmExcept, node = true }) => {
  const rule = (kind, comment, to) => ({ name: `${name}-${kind}`, comment, severity: 'error', from: { path }, to });
  const rules = [
    rule('house', `${name} may import of the house: ${[...house, ...types].join(' ')}`, {
      dependencyTypes: ['local'],
      pathNot: [...house, ...types],
    }),
  ];
  if (types.length > 0) {
    const to = { dependencyTypes: ['local'], path: types, pathNot: house, dependencyTypesNot: ['type-only'] };
    rules.push(rule('types-only', `${name} may import only types from ${types.join(' ')}`, to));
  }
  if (npm) {
    const to = { dependencyTypes: NPM, pathNot: packagePaths(npm) };
    rules.push(rule('npm', `${name} may import of npm: ${npm.join(' ')}`, to));
  }
  if (npmExcept) {
    const to = { dependencyTypes: NPM, path: packagePaths(npmExcept) };
    rules.push(rule('npm', `${name} may not import ${npmExcept.join(' ')}`, to));
  }
  if (!node) rules.push(rule('node', `${name} may not import of Node`, { dependencyTypes: ['core'] }));
  return rules;
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(PARTS).flatMap(([name, part]) => rulesOf(name, part)),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    // What cannot be resolved would slip through every rule above.
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency',
      comment: 'What runs in production is among the dependencies. The cli also starts things on a developer machine.',
      severity: 'error',
      from: { path: '^(orders|workflows|activities|backoffice|exchange|db|api|workers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(coverage|var|web/dist)/' },
    // Types count as imports here, or "types only" could not be told from "nothing".
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
