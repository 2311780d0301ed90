import tseslint from 'typescript-eslint';
import jsdoc from 'eslint-plugin-jsdoc';

/**
 * Functions whose last bit the language leaves to the engine (ECMA-262 §21.3.2): Node, Bun, Deno and Chromium differ.
 * Additions, multiplications, divisions and square roots are rounded alike everywhere, and powers of two are exact.
 */
const APPROXIMATE = [
  ...['acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp', 'expm1', 'hypot'],
  ...['log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh'],
];

export default tseslint.config(
  { ignores: ['**/dist/**', 'lib/**', 'runs/**', 'node_modules/**', '**/kernels/assembly/**', '**/*.generated.ts'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are the rule here, and a number has one way to print.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Index access on typed arrays and checked lists is what hot loops are made of.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `erasableSyntaxOnly` refuses every enum, and classes here have private fields, for which TypeScript itself takes
      // nothing but instances. Together these were a quarter of the time that linting takes.
      '@typescript-eslint/no-mixed-enums': 'off',
      '@typescript-eslint/no-duplicate-enum-values': 'off',
      '@typescript-eslint/prefer-literal-enum-member': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      // A package's name is its built copy, which no import rule sees.
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(@cairn-fl/|cairn-fl(/|$))', message: 'import the part by its relative path' }] },
      ],
    },
  },
  {
    files: ['{protocol,training,learning,platform,inference,client,coordinator,simulations}/**/*.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: false },
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
        },
      ],
    },
  },
  {
    // Both sides compute this, or one client twice: on another engine it must come to the same bits.
    files: ['{protocol,training}/**/*.ts', 'inference/plan/**/*.ts', 'client/consent/**/*.ts'],
    // Each party counts ε for itself and compares it with bounds of its own; nobody repeats another's count.
    ignores: ['protocol/privacy/accountant/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...APPROXIMATE.map((property) => ({
          object: 'Math',
          property,
          message: 'Its last bit differs between engines: use protocol/numeric.ts.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'BinaryExpression[operator="**"]:not([left.value=2]):not([left.bigint])',
          message: 'The last bit of a power differs between engines, but for powers of 2: multiply.',
        },
        {
          selector: 'VariableDeclarator[init.name="Math"]',
          message: 'Call functions of Math by their full name, so that those that differ between engines are seen.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/unbound-method': 'off',
      // What is shipped is held to these; in a test the wrong type fails the test, or the check `types` does.
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
);
