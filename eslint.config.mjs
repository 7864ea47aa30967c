import tseslint from 'typescript-eslint';

/** What would reach the network from anywhere; only the client and the command that fetches models may. */
const networkGlobals = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({
  name,
  message: 'Nothing leaves the machine: only src/client and the models command may open connections to elsewhere.',
}));

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'models/', 'docs/', 'temp/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-globals': ['error', ...networkGlobals],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: a name is the same wherever it is used.' },
        { selector: 'ExportAllDeclaration', message: 'Name what is exported: `export *` hides what is public.' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      // `== null` asks for both null and undefined, and says so at a glance.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['vitest.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Tests talk to servers of their own, and say aloud what they leave out.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'samples/**/*.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'no-console': 'off',
      // vitest's asymmetric matchers are `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // expect(object.method) only looks at a spy.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/client/**/*.ts', 'src/cli/models-pull.ts', 'src/server/page/**/*.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
);
