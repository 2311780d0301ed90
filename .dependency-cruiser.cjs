// Who may import whom. A rule's comment is what a developer reads when CI refuses an import.
const cryptoLibraries = '^(node_modules/)?(@noble/(curves|hashes|ciphers)|tweetnacl)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'two files that need each other are one idea',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'protocol-is-pure',
      severity: 'error',
      comment: 'protocol/ runs in Node, browsers and tests alike: no Node, no other part',
      from: { path: '^protocol/', pathNot: '^protocol/crypto/node/' },
      to: { pathNot: ['^protocol/', cryptoLibraries] },
    },
    {
      name: 'protocol-native-is-small',
      severity: 'error',
      comment: 'the native path may use node:crypto and nothing else',
      from: { path: '^protocol/crypto/node/' },
      to: { pathNot: ['^protocol/', '^(node:)?crypto$', cryptoLibraries] },
    },
    {
      name: 'portable-never-loads-native',
      severity: 'error',
      comment: 'what a browser loads must not reach node:crypto',
      from: { path: '^protocol/', pathNot: '^protocol/crypto/node/' },
      to: { path: '^protocol/crypto/node/' },
    },
    {
      name: 'client-knows-no-coordinator',
      severity: 'error',
      comment: 'client and coordinator share protocol/ and nothing else',
      from: { path: '^client/' },
      to: { path: '^(coordinator|simulations|cli|test)[/.]' },
    },
    {
      name: 'coordinator-knows-no-client',
      severity: 'error',
      comment: 'client and coordinator share protocol/ and nothing else',
      from: { path: '^coordinator/' },
      to: { path: '^(client|simulations|cli|test)[/.]' },
    },
    {
      name: 'nothing-imports-simulations',
      severity: 'error',
      comment: 'the laboratory looks at the product, never the other way round',
      from: { pathNot: '^(simulations/|cli|test/|bench/)' },
      to: { path: '^simulations/' },
    },
    {
      name: 'nothing-imports-test',
      severity: 'error',
      comment: 'test code stays in test/',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'an import that resolves to nothing',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      comment: 'what is shipped may only need what package.json declares',
      from: { pathNot: '^test/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '/kernels/assembly/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
