/** What users write, in the ways that they write it: files of a project that has installed the package. */

/** An app within a call of join, and one written down before: the type of the data is known in both. */
export const MODULE = `
import { CairnError, PROTOCOL_VERSION, memberId, type RoundSettings } from 'cairn-fl/protocol';
import { fromHex, identityFrom, portablePrimitives, type Primitives } from 'cairn-fl/protocol/crypto';
import { nodePrimitives } from 'cairn-fl/protocol/crypto/node';
import { minNoiseMultiplier, type PrivacyTarget } from 'cairn-fl/protocol/privacy';
import { decodeSettings, openDirectory, signDirectory } from 'cairn-fl/protocol/wire';
import { type ClientPolicy, defineApp, isErrorCode, join, loadCsv, type Participation } from 'cairn-fl/client';
import { createCoordinator, defineConfig, parseConfig, type ConfigInput } from 'cairn-fl/coordinator';
import * as simulations from 'cairn-fl/simulations';
import { layers, type Model, sequential, Tape } from 'cairn-fl/training';

const rows = [[1, 2, 0]];

export const joinInline = (): Participation =>
  join('http://127.0.0.1:8080', {
    shapes: { w: [2] },
    async data() {
      return Promise.resolve(rows);
    },
    async train({ w }, data) {
      const first: number[] | undefined = data[0];
      // @ts-expect-error: no string, as the compiler knows
      const wrong: string = data[0];
      return Promise.resolve({ parameters: { w: w! }, examples: first?.length ?? wrong.length, loss: 0, accuracy: 0 });
    },
  });

const columns = { age: 'number', ill: { type: 'label', values: ['no', 'yes'] } } as const;

export const app = defineApp({
  shapes: { w: [1] },
  data: () => loadCsv('ward.csv', { columns }),
  train({ w }, { inputs, features }) {
    const values: Float32Array = inputs;
    return Promise.resolve({ parameters: { w: w! }, examples: values.length, loss: 0, accuracy: features.length });
  },
});

export const joinDefined = (): Participation => join('http://127.0.0.1:8080', app);

export const careful: Partial<ClientPolicy> = { adversary: 'active', minCohort: 10, minNoise: { multiplier: 1 } };
// @ts-expect-error: policies have no such field
export const careless: Partial<ClientPolicy> = { minCohorts: 10 };

export const config: ConfigInput = defineConfig({
  tasks: [{ name: 't', rounds: 1, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true }],
  // @ts-expect-error: there is no such key, as the compiler knows
  prot: 8080,
});

export const learning = defineConfig({
  // @ts-expect-error: an option of another strategy, as the compiler knows
  tasks: [{ name: 't', rounds: 1, cohort: 3, strategy: { name: 'fedavg', momentum: 0.9 } }],
});

/** An authority's directory: whoever writes or reads one needs the faces of the wire and of cryptography. */
function namesIn(primitives: Primitives): string {
  const authority = identityFrom(primitives, fromHex('07'.repeat(32)));
  const ward = { member: memberId(1), name: 'ward', identityKey: authority.publicKey, notAfter: 2 ** 31, tasks: [] };
  const signed = signDirectory(primitives, authority, { serial: 1, issued: 1, notAfter: 2 ** 31 }, [ward]);
  const { entries } = openDirectory(primitives, authority.publicKey, signed);
  return [...entries.values()].map(({ name }) => name).join();
}

/** The code of an error that is told apart by the class and the guard of two other faces. */
function refused(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return error instanceof CairnError && isErrorCode(error.code) ? error.code : 'another';
  }
}

export const decode: (bytes: Uint8Array) => RoundSettings = decodeSettings;
const target: PrivacyTarget = { epsilon: 8, delta: 1e-5, rounds: 10, rate: 1 };
const model: Model = sequential([layers.dense(2)], [1]);

const kinds = [CairnError, createCoordinator, join].map((value) => typeof value);
console.log([...kinds, typeof PROTOCOL_VERSION, Object.keys(simulations).length > 0].join(' '));
console.log(namesIn(portablePrimitives), namesIn(nodePrimitives), minNoiseMultiplier(target) > 0, model.layout.size);
console.log(refused(() => parseConfig(config)), refused(() => decode(Uint8Array.of(9))), typeof Tape);
`;

/** TypeScript that is compiled to CommonJS: its default export is where an app is looked for. */
export const COMMON = `
import { defineApp } from 'cairn-fl/client';
import coordinator = require('cairn-fl/coordinator');

export default defineApp({
  shapes: { w: [1] },
  data: () => 3,
  train: ({ w }, examples) => Promise.resolve({ parameters: { w: w! }, examples, loss: 0, accuracy: 0 }),
});
console.error(typeof coordinator.createCoordinator);
`;

/** A page: without types of Node, and with those of browsers. */
export const PAGE = `
import { engineApp, join, layers, parseCsv, sequential } from 'cairn-fl/client/browser';
import { ask, CairnError } from 'cairn-fl/inference/browser';

const columns = { age: 'number', ill: { type: 'label', values: ['no', 'yes'] } } as const;
const table = new Blob(['ill,age\\n', ...Array.from({ length: 50 }, (_, i) => (i % 2 ? 'yes,1\\n' : 'no,-1\\n'))]);
const model = sequential([layers.dense(2)], [1]);
const app = engineApp(model, () => parseCsv(table, { columns }));
const context = { task: 't', round: 1, seed: 1, repeat: 0, subsetSeed: 1, signal: new AbortController().signal };

async function main(): Promise<string> {
  const data = await app.data();
  const options = { epochs: 5, learningRate: 1 };
  const { accuracy } = await app.train(model.layout.unflatten(model.initialise(1)), data, { ...context, options });
  const refused: unknown = await ask('ws://models.example', new Float32Array(1)).catch((error: unknown) => error);
  const code = refused instanceof CairnError ? refused.code : 'none';
  return [typeof join, data.examples, accuracy, code].join(' ');
}

void main().then(
  (found) => (document.title = found),
  (error: unknown) => (document.title = String(error)),
);
`;

/** A model of TensorFlow.js, where that is installed. */
export const TENSORFLOW = `
import * as tf from '@tensorflow/tfjs';
import { tensorflowApp } from 'cairn-fl/client';

export default tensorflowApp({
  tf,
  buildModel: () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [1], activation: 'softmax' })] }),
  data: () => ({ inputs: tf.tensor2d([[1]]), labels: tf.tensor2d([[1, 0]]) }),
  optimizer: () => tf.train.adam(0.01),
});
`;

const TRAINS = `
const app = tensorflowApp({
  tf,
  buildModel: () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [1], activation: 'softmax' })] }),
  data: () => ({ inputs: tf.tensor2d([[-1], [1]]), labels: tf.tensor2d([[1, 0], [0, 1]]) }),
});
const zeros = Object.fromEntries(
  Object.entries(app.shapes).map(([name, shape]) => [name, new Float32Array(shape.reduce((size, n) => size * n, 1))]),
);
const context = { task: 't', round: 1, seed: 1, repeat: 0, subsetSeed: 1, signal: new AbortController().signal };
Promise.resolve(app.data())
  .then((data) => app.train(zeros, data, { ...context, options: { epochs: 5, learningRate: 1 } }))
  .then(({ examples, accuracy }) => console.log(examples, accuracy));
`;

/** A training step of a TensorFlow.js model in plain JavaScript, as both kinds of module. */
export const IN_NODE = {
  module: `import * as tf from '@tensorflow/tfjs';\nimport { tensorflowApp } from 'cairn-fl/client';${TRAINS}`,
  common: `const tf = require('@tensorflow/tfjs');\nconst { tensorflowApp } = require('cairn-fl/client');${TRAINS}`,
};
