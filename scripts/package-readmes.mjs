// What each workspace's package says of itself. scripts/packages.mjs writes it as README.md beside its package.json.

/** By workspace: what it is for, what it exports first, and where to read on (files of the package cairn-fl). */
const PARTS = {
  protocol: {
    about:
      'What both sides of Cairn must agree on. It is pure: no sockets, clocks or timers, in Node and in browsers alike.',
    exports: [
      [
        '@cairn-fl/protocol',
        '`startClient`, `stepClient`, `startServer` and `stepServer`: sessions of secure aggregation',
      ],
      [
        '@cairn-fl/protocol/wire',
        'the wire format: `encodeSettings`, `decodeSettings`, `signDirectory`, `openDirectory`',
      ],
      ['@cairn-fl/protocol/privacy', 'exact noise and its cost: `planNoise`, `encodeNoisy`, `minNoiseMultiplier`'],
      [
        '@cairn-fl/protocol/mpc',
        'two parties that compute on secrets: `runPair`, `sharing`, `circuits`, `garbling`, `gmw`, `transfer`, `dealer`',
      ],
    ],
    reading: ['docs/protocol.md', 'docs/security.md'],
  },
  training: {
    about: 'Cairn’s training engine: tensors with gradients of any order, layers, optimisers and a training loop.',
    exports: [
      ['@cairn-fl/training', '`sequential`, `layers`, `sgd`, `adam`, `trainEpochs`, `evaluate`'],
      ['@cairn-fl/training/data/node', '`loadCsv`, `loadIdx`, `loadMnist`: data sets from files'],
    ],
    reading: ['docs/api.md', 'docs/first-hour.md'],
  },
  learning: {
    about:
      'What a coordinator makes of a sum: strategies, group rules and the next model. It is a part of Cairn, and no face: ' +
      'its names may change in any version. To define your own, import `@cairn-fl/coordinator`, which exports these:',
    exports: [['@cairn-fl/coordinator', '`defineStrategy`, `defineGroupRule`, `byCoordinate`']],
    reading: ['docs/configuration.md'],
  },
  platform: {
    about:
      'What Cairn’s parts for Node share. It is no face: its names may change in any version, and nothing but Cairn should ' +
      'import it.',
    exports: [
      ['@cairn-fl/platform', '`locked`, `writeAtomically`, `readPrivate`: locks, atomic files and private files'],
    ],
    reading: ['docs/architecture.md'],
  },
  inference: {
    about:
      'Private inference: a model’s owner answers questions without seeing them, and the asker learns the answer and not ' +
      'the model.',
    exports: [
      ['@cairn-fl/inference', '`readNetwork`, `readOnnx`, `describeNetwork`, `compile`: networks and plans'],
      ['@cairn-fl/inference/browser', '`ask`: asks a served model from a page or a worker'],
    ],
    reading: ['docs/inference.md', 'docs/security.md'],
  },
  client: {
    about:
      'Takes part in private federated training. A program that only joins needs this package alone; the command `cairn`, ' +
      'with `cairn join` and `cairn enrol`, is in the package `cairn-fl`, whose `cairn-fl/client` is the same as this.',
    exports: [
      ['@cairn-fl/client', '`join`, `defineApp`, `engineApp`, `readIdentity`, `loadCsv`: the client in Node'],
      ['@cairn-fl/client/browser', '`join`, `engineApp`, `parseCsv`: the client in a page or a worker'],
    ],
    reading: ['docs/member.md', 'docs/first-hour.md', 'docs/security.md'],
  },
  coordinator: {
    about:
      'Coordinates private federated training: it runs rounds over sockets, keeps models, and only ever learns a sum.',
    exports: [
      ['@cairn-fl/coordinator', '`createCoordinator`, `loadConfig`, `parseConfig`, `defineConfig`, `defineStrategy`'],
    ],
    reading: ['docs/operator.md', 'docs/configuration.md', 'docs/deployment.md'],
  },
  simulations: {
    about:
      'Cairn’s laboratory: virtual clients in real rounds, the papers’ experiments, and attacks on the production code.',
    exports: [['@cairn-fl/simulations', '`federate`, `runVirtualRound`, `createAggregator`, `defineExperiment`']],
    reading: ['docs/researcher.md', 'docs/experiments.md'],
  },
};

/** The text of a workspace's README.md. @throws Error for a workspace that is not listed here */
export function readmeOf(part) {
  const found = PARTS[part];
  if (found === undefined) throw new Error(`scripts/package-readmes.mjs says nothing of ${part}`);
  const { about, exports, reading } = found;
  const names = exports.map(([path, what]) => `- \`${path}\`: ${what}`);
  const pages = reading.map((page) => `\`${page}\``).join(', ');
  return `# @cairn-fl/${part}

A part of [Cairn](https://www.npmjs.com/package/cairn-fl), a framework for private federated learning.

${about}

${names.join('\n')}

Read on in the package \`cairn-fl\`: ${pages}. The licence is Apache-2.0.
`;
}
