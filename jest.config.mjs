// One Jest project per kind of ground that a test stands on: Node for everything, jsdom for the interface.
const swc = (jsx) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', tsx: jsx },
      ...(jsx ? { transform: { react: { runtime: 'automatic', importSource: 'preact' } } } : {}),
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const shared = {
  // Not a measure of speed: a test that takes this long hangs. Machines that share their cores are slow at times.
  testTimeout: 60_000,
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': swc(false), '\\.tsx$': swc(true) },
  modulePathIgnorePatterns: ['/dist/'],
};

const node = (name, extra = {}) => ({
  ...shared,
  displayName: name,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['sotto-src', 'node', 'node-addons'] },
  testMatch: [`<rootDir>/${name}/**/*.test.ts`],
  ...extra,
});

export default {
  // A worker keeps the modules of every suite that it has run, and a heap of gigabytes makes each collection slow.
  workerIdleMemoryLimit: '600MB',
  projects: [
    node('protocol'),
    node('crypto'),
    node('migrations'),
    node('server'),
    node('client', {
      testPathIgnorePatterns: ['/node_modules/', '/client/ui/'],
      // Electron's package outside of Electron is a downloader.
      moduleNameMapper: { ...shared.moduleNameMapper, '^electron$': '<rootDir>/client/desktop/testing/electron.ts' },
    }),
    node('scripts'),
    node('e2e'),
    node('bench'),
    {
      ...shared,
      displayName: 'ui',
      testEnvironment: 'jsdom',
      testEnvironmentOptions: { customExportConditions: ['sotto-src', 'browser'] },
      testMatch: ['<rootDir>/client/ui/**/*.test.{ts,tsx}'],
    },
  ],
};
