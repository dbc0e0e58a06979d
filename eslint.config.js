import tseslint from 'typescript-eslint';

/** The homes of what is ambient: nothing else may reach for time, chance and environment. */
const HOMES = {
  time: ['libs/core/src/clock.ts'],
  chance: ['libs/core/src/random.ts'],
  stderr: ['libs/core/src/logging/stderr-logger.ts'],
  environment: ['apps/*/src/config.ts', 'libs/testing/src/rabbitmq/environment.ts'],
};
/** Code that only tests run, and scripts that run before there is anything to inject. */
const TEST_CODE = [
  '**/*.test.ts',
  '**/fixtures/**',
  'test/**',
  'libs/testing/**',
  '**/*.mjs',
  '**/vitest.*.ts',
];

const TIME = [
  { object: 'Date', property: 'now', message: 'Take a Clock.' },
  { object: 'performance', property: 'now', message: 'Take a Clock.' },
];
const CHANCE = [
  { object: 'Math', property: 'random', message: 'Take a Random.' },
  { object: 'crypto', property: 'randomUUID', message: 'Use newId with a Random.' },
];
const ENVIRONMENT = [{ object: 'process', property: 'env', message: 'Settings are parsed in config.ts.' }];
const TIMERS = ['setTimeout', 'setInterval'].map((name) => ({ name, message: 'Take a Clock.' }));
const BARE_DATE = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Take a Clock.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/assets/**', '**/.nx/**', 'libs/admin/page/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: {
      parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/await-thenable': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
      'no-restricted-properties': ['error', ...TIME, ...CHANCE, ...ENVIRONMENT],
      'no-restricted-globals': ['error', ...TIMERS],
      'no-restricted-syntax': ['error', BARE_DATE],
    },
  },
  {
    files: ['apps/dashboard/src/**'],
    languageOptions: {
      parserOptions: { project: 'apps/dashboard/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    // What a handler of an event returns is not used.
    rules: { '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }] },
  },
  {
    files: HOMES.time,
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': ['error', ...CHANCE, ...ENVIRONMENT],
    },
  },
  { files: HOMES.stderr, rules: { 'no-console': 'off' } },
  { files: HOMES.chance, rules: { 'no-restricted-properties': ['error', ...TIME, ...ENVIRONMENT] } },
  { files: HOMES.environment, rules: { 'no-restricted-properties': ['error', ...TIME, ...CHANCE] } },
  {
    files: TEST_CODE,
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
