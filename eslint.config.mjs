import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { sotto } from './scripts/eslint-rules/index.mjs';

/** @typedef {import('eslint').Linter.RulesRecord} Rules */

const SOURCES = ['**/*.{ts,tsx,cts,mts}'];
const SCRIPTS = ['**/*.{js,mjs,cjs}'];
const TESTS = ['**/*.test.{ts,tsx}', '**/testing/**', 'e2e/**'];
/** Files that a tool loads by their default export. */
const TOOL_CONFIGS = ['*.config.{mjs,ts}', '**/vite.config.ts'];
/** Programs whose output is the terminal. */
const TERMINAL = ['client/cli/**', 'scripts/**', 'bench/**', 'e2e/**'];

/**
 * Every limit and ban of the project; each has a fixture below `scripts/fixtures/lint` that fails by it alone.
 *
 * @type {Rules}
 */
const projectRules = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', 4],
  'max-depth': ['error', 3],
  // "modified": an exhaustive switch over a union is one decision, however many members the union has.
  complexity: ['error', { max: 12, variant: 'modified' }],
  'no-restricted-exports': [
    'error',
    {
      restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true },
    },
  ],
  eqeqeq: 'error',
  'no-console': 'error',
  'no-eval': 'error',
  'no-new-func': 'error',
  'no-else-return': 'error',
  'object-shorthand': 'error',
  'sotto/file-name': 'error',
  'sotto/no-byte-comparison': 'error',
  'sotto/no-enum': 'error',
  'sotto/no-interface-prefix': 'error',
  'sotto/no-math-random': 'error',
  'sotto/no-raw-html': 'error',
};

/**
 * The same, for rules that need types.
 *
 * @type {Rules}
 */
const typedProjectRules = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
  ],
};

/**
 * What the presets say too strictly for this code.
 *
 * @type {Rules}
 */
const presetTuning = {
  // `interface` for contracts and `type` for data are both plain words.
  '@typescript-eslint/consistent-type-definitions': 'off',
  // Libraries declare contracts as classes (libsignal's stores, TypeORM's options) and take whatever has their form. Our own
  // classes that must not be imitated have private fields, which the compiler checks.
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
  // Implementations of an asynchronous interface need not wait for anything.
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { inheritedMethods: false } }],
  '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
  '@typescript-eslint/restrict-template-expressions': [
    'error',
    {
      allowAny: false,
      allowBoolean: false,
      allowNever: false,
      allowNullish: false,
      allowNumber: true,
      allowRegExp: false,
    },
  ],
};

/**
 * Tests hand in wrong values on purpose and look inside what they get back.
 *
 * @type {Rules}
 */
const testTuning = {
  '@typescript-eslint/no-confusing-void-expression': 'off',
  '@typescript-eslint/no-empty-function': 'off',
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-call': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
  '@typescript-eslint/unbound-method': 'off',
  'sotto/no-byte-comparison': 'off',
};

/**
 * The lint configuration of a tree laid out like this repository.
 *
 * @param {{ tsconfigRootDir: string, project: string[], disallowAutomaticSingleRunInference?: boolean }} types the programs that answer the rules which need types
 */
export const sottoConfig = (types) =>
  defineConfig([
    {
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      plugins: { sotto },
    },
    {
      files: SOURCES,
      extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
      languageOptions: { parserOptions: types },
      rules: { ...presetTuning, ...projectRules, ...typedProjectRules },
    },
    { files: SCRIPTS, rules: projectRules },
    {
      files: ['protocol/**', 'crypto/**'],
      ignores: ['protocol/ids.ts', 'crypto/keys.ts', ...TESTS],
      rules: { '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }] },
    },
    { files: ['protocol/**', 'crypto/**'], ignores: TESTS, rules: { 'sotto/docstring': 'error' } },
    { files: ['crypto/**'], ignores: TESTS, rules: { 'sotto/no-ambient-clock': 'error' } },
    { files: ['client/ui/**/*.tsx'], ignores: TESTS, rules: { 'sotto/no-literal-ui-text': 'error' } },
    { files: ['crypto/constant-time.ts'], rules: { 'sotto/no-byte-comparison': 'off' } },
    { files: TESTS, rules: testTuning },
    { files: TERMINAL, rules: { 'no-console': 'off', 'sotto/no-math-random': 'off' } },
    { files: TOOL_CONFIGS, rules: { 'no-restricted-exports': 'off' } },
  ]);

export default defineConfig([
  globalIgnores(['**/dist/**', '**/coverage/**', '**/.sotto/**', 'protocol/gen/**', 'scripts/fixtures/**']),
  ...sottoConfig({
    tsconfigRootDir: import.meta.dirname,
    project: ['scripts/tsconfig.lint.json', 'scripts/tsconfig.json', 'client/tsconfig.ui-test.json'],
  }),
]);
