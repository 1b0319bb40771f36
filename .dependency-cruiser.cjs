// Who may import whom: the table of docs/ARCHITECTURE.md, row by row. Each rule has a fixture below
// scripts/fixtures/boundaries that breaks it, and scripts/boundaries.test.ts shows that the fixture passes without the rule.

const OURS = '^(protocol|crypto|migrations|server|client|e2e|bench|scripts)/';
/** Tests and their support stand outside the table: they look at both sides of a boundary on purpose. */
const TEST_SUPPORT_ENTRY = '^server/private-databases\\.ts$';
const TESTS = `\\.test\\.tsx?$|/testing/|${TEST_SUPPORT_ENTRY}`;
/** Nothing of these is shipped: they compare with bare libraries and look into databases. */
const WHOLE_SYSTEM = '^(e2e|bench)/';
const TOOL_CONFIGS = '(^|/)[^/]+\\.config\\.(ts|mjs|cjs)$';
const IDS = '^protocol/ids\\.ts$';
/** What a message says: for the two ends alone. */
const CONTENT = '^protocol/(gen/)?content/';
const BRIDGE = '^client/bridge/';
/** Reads codes in images; pure, so that Node and the page share it. */
const DECODING = '^client/decoding/';
/** The only files of a client host that know concrete classes; the desktop client's core has a process, and so a root, of its own. */
const COMPOSITION_ROOTS = '^client/((desktop|web|cli)/(main|index)|desktop/core-process)\\.ts$';
const ENTRY_POINTS = [
  IDS,
  '^protocol/(wire|content)/index\\.ts$',
  '^crypto/(index|server)\\.ts$',
  '^migrations/(index|dialect)\\.ts$',
  '^server/(index|main)\\.ts$',
  TEST_SUPPORT_ENTRY,
  '^protocol/testing/',
  '^client/(bridge|core|web|cli)/index\\.ts$',
  '^client/decoding/(corpus/)?index\\.ts$',
  '^client/core/large-profile/index\\.ts$',
];
/**
 * All of `crypto` that the server may reach: what issues and verifies. A list of what is allowed rather than of what is not, so
 * that a new module that opens messages is refused until somebody decides otherwise here.
 */
const SERVER_HALF = [
  '^crypto/(server|bytes|certain|constant-time|curve-key|environment|keys|labels|secret)\\.ts$',
  '^crypto/(access|server-keys)/',
  '^crypto/identity/(account-root|certificate|device-id|device-list|receipt|root-change|verified-head)\\.ts$',
  '^crypto/identity/list-(change|devices|pin|rules|signature|verdict)\\.ts$',
  '^crypto/recovery/(blob-access|recovery-blob-form|recovery-request|veto)\\.ts$',
  '^crypto/storage-record/storage-record-form\\.ts$',
  '^crypto/provisioning/link-token\\.ts$',
  '^crypto/prekey/(prekey-upload|public-prekeys)\\.ts$',
  '^crypto/backend/(libsodium|noble|sender-certificates|signing|system-random)\\.ts$',
  '^crypto/node_modules/',
];

/**
 * @param {string} name
 * @param {string} comment
 * @param {object} from
 * @param {object} to
 * @returns {import('dependency-cruiser').IForbiddenRuleType}
 */
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/**
 * One row of the table: `from` may import itself, packages of others, and of ours what `may` lists.
 *
 * @param {string} name
 * @param {string} comment
 * @param {{ from: string, except?: string[], may: string[] }} boundary
 */
const row = (name, comment, { from, except = [], may }) =>
  error(name, comment, { path: from, pathNot: [TESTS, ...except] }, { path: OURS, pathNot: [from, ...may] });

const table = [
  row('protocol-imports-nothing-of-ours', 'The wire contract stands on nothing.', { from: '^protocol/', may: [] }),
  row('crypto-imports-ids-alone', 'A reviewer of crypto needs the ids and nothing else of ours.', {
    from: '^crypto/',
    may: [IDS],
  }),
  row('migrations-import-nothing-of-ours', 'A released migration must not change when the code around it does.', {
    from: '^migrations/',
    may: [],
  }),
  row('server-imports-wire-ids-server-crypto', 'The server cannot read what it relays.', {
    from: '^server/',
    may: [IDS, '^protocol/wire/', '^crypto/server\\.ts$', '^migrations/'],
  }),
  row('migrations-serve-storage-alone', 'Only server/storage knows the schema.', {
    from: '^server/',
    except: ['^server/storage/'],
    may: ['^(protocol|crypto|client|e2e|bench|scripts)/'],
  }),
  row('bridge-imports-ids-alone', 'The bridge is types and schemas.', { from: BRIDGE, may: [IDS] }),
  row('core-imports-crypto-protocol-bridge', 'The core knows neither its hosts nor its interface.', {
    from: '^client/core/',
    may: ['^crypto/index\\.ts$', IDS, '^protocol/(wire|content)/', BRIDGE],
  }),
  row('ui-imports-bridge-alone', 'The interface cannot leak a key that it never holds.', {
    from: '^client/ui/',
    may: [BRIDGE, '^client/decoding/index\\.ts$'],
  }),
  row('decoding-imports-nothing-of-ours', 'What reads strangers’ pictures knows nothing worth taking.', {
    from: DECODING,
    may: [],
  }),
  row('preload-imports-bridge-alone', 'The preload hands over one port and knows nothing.', {
    from: '^client/desktop/preload/',
    may: [BRIDGE],
  }),
  row(
    'hosts-import-bridge-alone',
    'A host sees the core through the bridge; its composition root puts both together.',
    {
      from: '^client/(desktop|web|cli)/',
      except: ['^client/desktop/preload/', COMPOSITION_ROOTS],
      may: [BRIDGE],
    },
  ),
  row('composition-roots-import-core-and-ui', 'A composition root puts core, interface and host together.', {
    from: COMPOSITION_ROOTS,
    may: ['^client/(desktop|web|cli)/', BRIDGE, '^client/(core|ui)/'],
  }),
  error(
    'hosts-never-import-each-other',
    'Each host works without the others.',
    { path: '^client/(desktop|web|cli)/', pathNot: TESTS },
    { path: '^client/(desktop|web|cli)/', pathNot: '^client/$1/' },
  ),
  error(
    'whole-system-uses-entry-points',
    'End-to-end tests and benchmarks use what a user of the package can use.',
    { path: WHOLE_SYSTEM },
    { path: OURS, pathNot: ['^$1/', '^e2e/harness/index\\.ts$', ...ENTRY_POINTS] },
  ),
  error(
    'packages-by-name',
    'Another package is imported by its name, so that its exports decide what can be seen.',
    { path: '^(protocol|crypto|migrations|server|client)/' },
    { path: OURS, pathNot: '^$1/', dependencyTypesNot: ['aliased-workspace'] },
  ),
];

/** What the row of the server lets in must not hand on what the row keeps out. */
const reach = [
  error(
    'server-never-reaches-content',
    'Not through what it may import either.',
    { path: [IDS, '^protocol/wire/', '^crypto/server\\.ts$'], pathNot: TESTS },
    { path: CONTENT, reachable: true },
  ),
  error(
    'server-never-reaches-message-crypto',
    'Nothing below crypto/server.ts can open a message.',
    { path: '^crypto/server\\.ts$' },
    { path: '^crypto/', pathNot: SERVER_HALF, reachable: true },
  ),
];

const platform = [
  ...['protocol', 'client/bridge', 'client/ui'].map((part) =>
    error(
      `${part.replace('client/', '')}-never-imports-node`,
      `${part} runs in a sandboxed renderer as well.`,
      { path: `^${part}/`, pathNot: [TESTS, TOOL_CONFIGS] },
      { dependencyTypes: ['core'] },
    ),
  ),
  error(
    'crypto-does-no-io',
    'Crypto is handed its stores, clock and randomness.',
    { path: '^crypto/', pathNot: [TESTS, '^crypto/backend/', '^crypto/constant-time\\.ts$'] },
    { dependencyTypes: ['core'] },
  ),
  error(
    'electron-in-desktop-alone',
    'The core, the bridge and the interface run without Electron.',
    { path: OURS, pathNot: ['^client/desktop/', TESTS] },
    { path: '(^|/)node_modules/electron/|^electron(/|$)' },
  ),
  error(
    'cryptography-in-backend-alone',
    'One folder for reviewers to see every primitive that is used.',
    { path: OURS, pathNot: ['^crypto/backend/', WHOLE_SYSTEM, TESTS] },
    { path: '(^|/)node_modules/(@signalapp/libsignal-client|libsodium-wrappers|@noble/[^/]+)/' },
  ),
  error(
    'argon2-in-backend-and-password-hash-alone',
    'The client stretches in crypto/backend, the server hashes in one file.',
    { path: OURS, pathNot: ['^crypto/backend/', '^server/(domain|http)/password-hash\\.ts$', TESTS] },
    { path: '(^|/)node_modules/argon2/' },
  ),
  error(
    'database-in-storage-alone',
    'Domain rules do not know which database keeps them.',
    { path: OURS, pathNot: ['^(server|client/core)/storage/', '^migrations/', WHOLE_SYSTEM, TESTS] },
    { path: '(^|/)node_modules/(typeorm|mysql2|@signalapp/sqlcipher)/' },
  ),
];

const hygiene = [
  error('no-circular', 'Cycles (of types too) make parts that cannot be understood alone.', {}, { circular: true }),
  error(
    'no-orphans',
    'A module that nobody imports and that imports nothing is dead.',
    { orphan: true, pathNot: [TESTS, TOOL_CONFIGS, '\\.d\\.[cm]?ts$'] },
    {},
  ),
  error(
    'no-unresolvable',
    'The import leads nowhere. What ends in `.wasm?url` is a word of Vite, whose build fails where it leads nowhere.',
    {},
    { couldNotResolve: true, pathNot: '\\.wasm\\?url$' },
  ),
  error(
    'no-undeclared-package',
    'A package that is used is declared, so that its version is pinned.',
    {},
    { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  ),
  error(
    'no-dev-package-in-production',
    'A development dependency is not there in production.',
    { path: '^(protocol|crypto|migrations|server|client)/', pathNot: [TESTS, TOOL_CONFIGS] },
    {
      dependencyTypes: ['npm-dev'],
      dependencyTypesNot: ['type-only'],
      // Electron itself is the ground that the packaged program runs on.
      pathNot: '(^|/)node_modules/electron/',
    },
  ),
  error(
    'production-never-imports-tests',
    'Test support weakens what it touches: it must not reach a user.',
    { path: OURS, pathNot: [TESTS, WHOLE_SYSTEM] },
    { path: TESTS },
  ),
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...table, ...reach, ...platform, ...hygiene],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^[^/]+/dist/|^coverage/|^scripts/fixtures/' },
    // Type imports count: a cycle or a forbidden import of types ties two parts together all the same.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['sotto-src', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.js', '.mjs', '.cjs', '.ts', '.tsx', '.cts', '.mts', '.d.ts', '.json'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
    skipAnalysisNotInRules: true,
  },
};
