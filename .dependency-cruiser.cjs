const { builtinModules } = require('node:module');

// Who may import whom. A rule's comment is what a developer reads when CI refuses an import.
const cryptoLibraries = '^(node_modules/)?(@noble/(curves|hashes|ciphers)|tweetnacl)';

// What a part lets others import: index.ts of the part and of its rooms, internal.ts, and the small files of protocol/.
const FACES = [
  '^(protocol|training|learning|platform|inference|client|coordinator|simulations)/(index|internal)\\.ts$',
  '^protocol/[^/]+\\.ts$',
  '^protocol/(crypto|crypto/node|kernels|model|privacy|quantize|rounds|schemes/[^/]+|wire)/index\\.ts$',
  '^protocol/mpc/index\\.ts$',
  '^protocol/mpc/[^/]+/index\\.ts$',
  '^training/data/(node/)?index\\.ts$',
  '^client/(browser|enrolment)/index\\.ts$',
  '^inference/browser/index\\.ts$',
  '^simulations/laboratory/index\\.ts$',
];

// Modules of Node, and a library that needs them.
const NODE_ONLY = `^(node:)?(${builtinModules.join('|')})$|(^|/)node_modules/ws/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'two files that need each other are one idea',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circular-folders',
      severity: 'error',
      comment: 'two folders that need each other are one folder',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'parts-know-faces-alone',
      severity: 'error',
      comment: 'another part is imported by its face: add what is needed there, or to its internal.ts',
      from: { path: '^([^/]+)/', pathNot: '^(test|examples|scripts)/' },
      to: {
        path: '^(protocol|training|learning|platform|inference|client|coordinator|simulations|cli)/',
        pathNot: ['^$1/', ...FACES],
      },
    },
    {
      name: 'a-scheme-never-another',
      severity: 'error',
      comment: 'schemes share protocol/rounds/scheme.ts and nothing else',
      from: { path: '^protocol/schemes/([^/]+)/' },
      to: { path: '^protocol/schemes/', pathNot: '^protocol/schemes/$1/' },
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
      name: 'training-knows-the-model-alone',
      severity: 'error',
      comment: 'training/ is an engine: it needs parameters and errors, no round, no client and no coordinator',
      from: { path: '^training/' },
      to: {
        path: '^(protocol|learning|platform|inference|client|coordinator|simulations|cli|bench|test)[/.]',
        pathNot: ['^protocol/[^/]+\\.ts$', '^protocol/model/index\\.ts$'],
      },
    },
    {
      name: 'learning-is-pure',
      severity: 'error',
      comment: 'learning/ decides what a coordinator makes of a sum, in any place: no Node, no client, no coordinator',
      from: { path: '^learning/' },
      to: { pathNot: ['^(learning|protocol)/', '^(node_modules/)?zod'] },
    },
    {
      name: 'platform-stands-alone',
      severity: 'error',
      comment: 'platform/ is what Node lacks: it knows errors and Node, and nothing of rounds',
      from: { path: '^platform/' },
      to: { pathNot: '^(platform/|protocol/errors\\.ts$|(node_modules/)?zod)', dependencyTypesNot: ['core'] },
    },
    {
      name: 'inference-knows-no-training',
      severity: 'error',
      comment: 'inference/ serves a model, however it was trained: it knows protocol/ and platform/, and no other part',
      from: { path: '^inference/' },
      to: { path: '^(training|learning|client|coordinator|simulations|cli|bench|test)[/.]' },
    },
    {
      name: 'client-knows-no-coordinator',
      severity: 'error',
      comment: 'what a coordinator does is none of a client’s business',
      from: { path: '^client/' },
      to: { path: '^(coordinator|learning|inference|simulations|cli|bench|test)[/.]' },
    },
    {
      name: 'browser-knows-no-platform',
      severity: 'error',
      comment: 'platform/ is Node’s',
      from: { path: '^(client|inference)/browser/' },
      to: { path: '^platform/', reachable: true },
    },
    {
      name: 'browser-knows-no-node',
      severity: 'error',
      comment: 'a page has no modules of Node, nor has anything that it loads, however far away',
      from: { path: '^(client|inference)/browser/' },
      to: { path: NODE_ONLY, reachable: true },
    },
    {
      name: 'coordinator-knows-no-client',
      severity: 'error',
      comment: 'a coordinator never trains and never takes part',
      from: { path: '^coordinator/' },
      to: { path: '^(client|training|inference|simulations|cli|bench|test)[/.]' },
    },
    {
      name: 'rounds-know-no-connection-and-no-store',
      severity: 'error',
      comment:
        'a round names members, bytes and what is kept (rounds/seat-hub, store/types): it may run in another process',
      from: { path: '^coordinator/rounds/' },
      to: { path: ['^coordinator/(gateway|http|limits)/', '^coordinator/store/(?!types[.]ts$)'] },
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
      from: { pathNot: '^(test|bench)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '/kernels/assembly/|(^|/)(dist|lib)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
