<<<<<<< HEAD
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from 'fast-check';
import {
  decodeHeader,
  encodeHeader,
  encodePiece,
  HEADER_BYTES,
  partsOf,
  stateOf,
} from '../../../inference/dealer/format.ts';
import { parseDescription } from '../../../inference/network/description.ts';
import { readOnnx } from '../../../inference/network/onnx/read.ts';
import { buildNetwork, describeNetwork, readNetwork } from '../../../inference/network/read.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { costOf } from '../../../inference/plan/cost.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import { decodePlan, encodePlan } from '../../../inference/plan/encode.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import type { Plan } from '../../../inference/plan/types.ts';
import { decodeHalf, encodeHalf, splitModel } from '../../../inference/secureml/half.ts';
import { readText } from '../../../inference/sessions/messages.ts';
import { equalBytes, utf8 } from '../../../protocol/crypto/bytes.ts';
import { encodeSafetensors } from '../../../protocol/model/safetensors.ts';
import {
  decodeCorrections,
  decodeDealingRequest,
  type Demand,
  encodeCorrections,
  encodeDealingRequest,
} from '../../../protocol/mpc/dealer/index.ts';
import { packRows, unpackRows } from '../../../protocol/mpc/slices.ts';
import { ByteReader } from '../../../protocol/wire/reader.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { integers, onnx, tensor } from '../../inference/support/onnx.ts';
import { type RandomLayer, randomNetwork } from '../../inference/support/random-networks.ts';
import { bytesTarget } from '../bytes-target.ts';
import { jsonTarget } from '../json-target.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

const IMAGE: readonly RandomLayer[] = [
  { kind: 'conv', filters: 2, size: 3, padding: 1 },
  { kind: 'relu' },
  { kind: 'averagePool', size: 2 },
  { kind: 'flatten' },
  { kind: 'dense', units: 5 },
];

const VECTOR: readonly RandomLayer[] = [{ kind: 'dense', units: 6 }, { kind: 'sigmoid' }, { kind: 'dense', units: 3 }];

const networks = () => [
  randomNetwork(1, [1, 4, 4], IMAGE),
  randomNetwork(2, [5], VECTOR),
  randomNetwork(3, [4], [{ kind: 'dense', units: 4 }, { kind: 'square' }, { kind: 'dense', units: 3 }]),
];

const plans = (): Plan[] =>
  networks().flatMap((network) =>
    (['chameleon', 'secureml'] as const).flatMap((system) =>
      (['class', 'scores'] as const).map((reveal) => compile(network, { system, reveal, fraction: 6 }).plan),
    ),
  );

/** Lengths and counts follow from a plan that was taken: whatever they are, they are numbers within bounds. */
function followed(plan: Plan): void {
  for (const batch of [1, 100]) {
    try {
      demandsOf(plan, batch);
      const cost = costOf(plan, batch);
      must(!JSON.stringify(cost).includes('null'), 'a cost that is no number');
    } catch (thrown) {
      refusalCode(thrown);
    }
  }
}

const plan = bytesTarget('inference-plan', 3, () => ({
  samples: plans().map(encodePlan),
  decode: decodePlan,
  encode: encodePlan,
  holds: followed,
}));

const HEX = { challenge: 'ab'.repeat(32), session: '0f'.repeat(16), planHash: '5c'.repeat(32) };

const texts: readonly { readonly [key: string]: JsonValue; readonly kind: string }[] = [
  {
    ...{ kind: 'offer', version: 1, system: 'chameleon', name: 'mnist', plan: 'AAAA', maxBatch: 128 },
    ...{ challenge: HEX.challenge, access: 'open', dealing: { kind: 'url', url: 'wss://dealer/' }, role: 'owner' },
  },
  {
    ...{ kind: 'offer', version: 1, system: 'secureml', name: 'ü', plan: '', maxBatch: 1, challenge: HEX.challenge },
    ...{ access: 'members', dealing: { kind: 'file', pair: HEX.session, batch: 4 }, role: 'a' },
  },
  {
    ...{ kind: 'begin', planHash: HEX.planHash, session: HEX.session, batch: 3, next: 7 },
    identity: { member: 4, signature: '01'.repeat(64) },
  },
  { kind: 'begin', planHash: HEX.planHash, session: HEX.session, batch: 65_536, next: null, identity: null },
  { kind: 'ready', left: null, piece: 4 },
  { kind: 'meet', link: HEX.session, role: 'b', challenge: HEX.challenge },
  { kind: 'proof', proof: HEX.challenge },
  { kind: 'run', session: HEX.session, batch: 1, next: null },
  { kind: 'go', piece: null },
];

const KINDS = ['offer', 'begin', 'ready', 'meet', 'proof', 'run', 'go'] as const;

/** Any value as a text of the kind that it says it is, or of any kind. */
function readAny(value: unknown): void {
  const said = KINDS.find((kind) => (value as { readonly kind?: unknown } | null)?.kind === kind);
  const read = readText(said ?? 'offer', JSON.stringify(value));
  must(isDeepStrictEqual(read, JSON.parse(JSON.stringify(value))), 'a text was read as another one');
}

const sessionValues = jsonTarget('inference-session', readAny, texts);

const sessionTexts = bytesTarget('inference-text', 1, () => ({
  samples: texts.map((text) => utf8(JSON.stringify(text))),
  decode: (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes);
    return readText(KINDS.find((kind) => text.includes(`"kind":"${kind}"`)) ?? 'offer', text);
  },
  // Parsed JSON is bounded by its text.
  maxPerByte: 64,
}));

const DEMANDS: readonly Demand[] = [
  { kind: 'and', rows: 3, lanes: 11 },
  { kind: 'square', bits: 32, count: 5 },
];

const SESSION = new Uint8Array(16).fill(4);

const request = bytesTarget('inference-dealing', 1, () => ({
  samples: ([undefined, new Uint8Array(32).fill(2)] as const).flatMap((maskSeed) =>
    (['seeded', 'corrected'] as const).map((side) =>
      encodeDealingRequest({
        session: SESSION,
        side,
        plan: encodePlan(plans()[0]!),
        batch: 7,
        seed: new Uint8Array(32),
        maskSeed,
      }),
    ),
  ),
  decode: decodeDealingRequest,
  encode: encodeDealingRequest,
}));

const told = bytesTarget('inference-corrections', 1, () => ({
  samples: [encodeCorrections(SESSION, new Uint8Array(3 * 2 + 5 * 4).fill(1))],
  decode: (bytes: Uint8Array) => decodeCorrections(bytes, SESSION, DEMANDS),
  encode: (corrections) => encodeCorrections(SESSION, corrections),
}));

/** Checksums tell damage, not malice: damaged files whose checksum was put right are read on. */
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

function headers(): Uint8Array[] {
  const common = { plan: new Uint8Array(32).fill(1), pair: SESSION, batch: 3, count: 9 };
  return [
    encodeHeader({ ...common, side: 'seeded', corrections: 0, maskSeed: undefined }),
    encodeHeader({ ...common, side: 'corrected', corrections: 77, maskSeed: new Uint8Array(32).fill(8) }),
  ];
}

const header = bytesTarget('inference-file-header', 1, () => ({
  samples: headers(),
  decode(bytes: Uint8Array) {
    const right = bytes.slice();
    if (right.length === HEADER_BYTES) right.set(sha256(right.subarray(0, -16)).subarray(0, 16), HEADER_BYTES - 16);
    return { header: decodeHeader(right, 'the file'), right };
  },
  holds({ header: read, right }) {
    const seed = right.subarray(-48, -16);
    // A seed that is said not to be there is not read, and may be anything.
    if (read.maskSeed !== undefined || seed.every((byte) => byte === 0)) {
      must(equalBytes(encodeHeader(read), right), 'another header was written');
    }
  },
}));

const piece = bytesTarget('inference-file-piece', 1, () => {
  const [begin] = headers() as [Uint8Array, Uint8Array];
  const whole = encodePiece(begin, 2, new Uint8Array(32).fill(7), new Uint8Array(20).fill(6));
  return {
    samples: [whole, new Uint8Array(whole.length)],
    decode: (bytes: Uint8Array) => stateOf(begin, 2, bytes),
    holds(state, bytes) {
      must(state !== 'whole' || equalBytes(bytes, whole), 'a piece that nobody made is whole');
      must(state === 'whole' || stateOf(begin, 3, bytes) !== 'whole', 'a piece of another place');
      must(partsOf(bytes).seed.length <= 32, 'a seed of another length');
    },
  };
});

const half = bytesTarget('inference-half', 1, () => {
  const network = networks()[1]!;
  const { plan: made } = compile(network, { system: 'secureml', fraction: 6 });
  const random = seeded('fuzz halves');
  return {
    samples: splitModel('mnist', made, quantise(network, made), random).map(encodeHalf),
    decode(bytes: Uint8Array) {
      const body = bytes.subarray(0, -32);
      return decodeHalf(Uint8Array.of(...body, ...sha256(body)));
    },
    holds: (read, bytes) =>
      must(equalBytes(encodeHalf(read).subarray(0, -32), bytes.subarray(0, -32)), 'another half was written'),
  };
});

const values = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i / 8);

const MODEL = {
  tensors: { w: values(32), b: values(2), k: values(18), kb: values(2) },
  shapes: { w: [16, 2], b: [2], k: [2, 1, 3, 3], kb: [2] },
};

const descriptions = [
  { version: 1, input: { shape: [16], range: [0, 1] }, layers: [{ kind: 'dense', weight: 'w', bias: 'b' }] },
  {
    ...{ version: 1, input: { shape: [1, 6, 6], range: [-1, 1] }, classes: ['a', 'ü'] },
    layers: [
      { kind: 'conv2d', weight: 'k', bias: 'kb', stride: 1, padding: 0 },
      ...[{ kind: 'relu' }, { kind: 'averagePool', size: 2 }, { kind: 'maxPool', size: 2, stride: 1 }],
      ...[{ kind: 'flatten' }, { kind: 'argmax' }],
    ],
  },
] satisfies JsonValue[];

const description = jsonTarget(
  'inference-description',
  (value) => buildNetwork(parseDescription(value), MODEL),
  descriptions,
);

const network = bytesTarget('inference-network', 1, () => ({
  samples: descriptions.map((each) =>
    describeNetwork(encodeSafetensors(MODEL.tensors, MODEL.shapes), parseDescription(each)),
  ),
  decode: (bytes: Uint8Array) => readNetwork(bytes),
  maxPerByte: 64,
}));

const onnxFile = bytesTarget('inference-onnx', 3, () => {
  const op = (operator: string, inputs: string, output: string, attributes = {}) => ({
    ...{ operator, inputs: inputs.split(' '), output, attributes },
  });
  const ramp = (count: number): number[] => [...values(count)];
  return {
    samples: [
      onnx({ input: ['batch', 4], nodes: [op('MatMul', 'x W', 'y')], constants: [tensor('W', [4, 3], ramp(12))] }),
      onnx({
        input: [1, 1, 6, 6],
        nodes: [
          op('Conv', 'x K', 'a', { kernel_shape: [3, 3], pads: [0, 0, 0, 0], strides: [1, 1] }),
          op('Relu', 'a', 'b'),
          op('MaxPool', 'b', 'c', { kernel_shape: [2, 2], strides: [2, 2] }),
          op('Reshape', 'c shape', 'd'),
          op('Gemm', 'd W B', 'y', { transB: 1, alpha: { float: 2 } }),
        ],
        constants: [
          tensor('K', [2, 1, 3, 3], ramp(18)),
          tensor('W', [3, 8], ramp(24), 'packed-apart'),
          tensor('B', [3], ramp(3), 'listed'),
          integers('shape', [-1, 8]),
        ],
      }),
    ],
    decode: (bytes: Uint8Array) => readOnnx(bytes),
    // A short list of repeated fields becomes objects; a tensor that is said to be large must be there.
    maxPerByte: 64,
  };
});

/** Rows and lanes are agreed on before; here the first two bytes say them. */
const rows = bytesTarget('inference-rows', 1, () => ({
  samples: [
    [1, 1],
    [3, 8],
    [2, 13],
    [5, 200],
  ].map(([count, lanes]) => Uint8Array.of(count!, lanes!, ...new Uint8Array(count! * Math.ceil(lanes! / 8)))),
  decode(bytes: Uint8Array) {
    const from = new ByteReader(bytes, 'rows');
    const [count, lanes] = [from.u8In('rows', 1, 255), from.u8In('lanes', 1, 255)];
    return unpackRows(from.raw(from.remaining, 'rows'), count, lanes);
  },
  encode: (slices) => Uint8Array.of(slices.rows, slices.lanes, ...packRows(slices)),
  maxPerByte: 64,
}));

/** Plans, networks, sessions and dealt randomness: whatever comes from files and from the other side. */
export const inferenceTargets: readonly Target[] = [
  ...[plan, sessionValues, sessionTexts, request, told, header, piece, half, description, network, onnxFile, rows],
=======
import {
  compile,
  costOf,
  decodePlan,
  encodePlan,
  type Plan,
  readDescription,
  readOnnx,
} from '../../../inference/index.ts';
import { networkOf } from '../../inference/support/networks.ts';
import { integers, onnx, tensor } from '../../inference/support/onnx.ts';
import { bytesTarget } from '../bytes-target.ts';
import type { Target } from '../target.ts';

const planOf = (layers: readonly string[]): Plan => {
  return compile(networkOf(1, [1, 8, 8], layers), { system: 'chameleon' }).plan;
};

const plans = (): Plan[] => [
  planOf(['conv 3 3 2 1', 'relu', 'max 2', 'flatten', 'dense 5']),
  planOf(['conv 3 3 1', 'average 2', 'tanh', 'flatten', 'dense 5', 'square', 'dense 4']),
  { ...planOf(['flatten', 'dense 3']), classes: ['a', 'β', ''] },
];

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => i / 32 - 1);

/** A file with every kind of field that is read. */
const onnxFile = (): Uint8Array =>
  onnx({
    input: ['batch', 1, 6, 6],
    nodes: [
      {
        operator: 'Conv',
        inputs: ['x', 'K', 'B'],
        output: 'a',
        attributes: { pads: [1, 1, 1, 1], auto_pad: 'NOTSET' },
      },
      { operator: 'Relu', inputs: ['a'], output: 'b' },
      { operator: 'MaxPool', inputs: ['b'], output: 'c', attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { operator: 'Reshape', inputs: ['c', 's'], output: 'd' },
      { operator: 'Gemm', inputs: ['d', 'W'], output: 'e', attributes: { alpha: { float: 0.5 }, transB: 1 } },
      { operator: 'Softmax', inputs: ['e'], output: 'f', attributes: { axis: -1 } },
    ],
    constants: [
      tensor('K', [1, 1, 3, 3], ramp(9)),
      tensor('B', [1], [1], 'listed'),
      tensor('W', [2, 9], ramp(18), 'double'),
      integers('s', [-1, 9]),
    ],
  });

const DESCRIPTION = {
  version: 1,
  input: { shape: [1, 8, 8], range: [0, 1] },
  layers: [{ kind: 'conv2d', weight: 'a', bias: 'b' }, { kind: 'maxPool', size: 2 }, { kind: 'flatten' }],
  classes: ['yes', 'no'],
};

/** What an asker reads of an owner, and the files of networks. */
export const inferenceTargets: readonly Target[] = [
  bytesTarget('inference-plan', 2, () => ({
    samples: plans().map(encodePlan),
    decode: decodePlan,
    encode: encodePlan,
    // Whatever is taken can be announced.
    holds: (plan) => costOf(plan, 1),
    // Of a name, and of a step, the object weighs most.
    maxPerByte: 32,
  })),
  bytesTarget('inference-onnx', 2, () => ({
    samples: [onnxFile()],
    decode: (bytes) => readOnnx(bytes),
    maxPerByte: 64,
  })),
  bytesTarget('inference-description', 1, () => ({
    samples: [new TextEncoder().encode(JSON.stringify(DESCRIPTION))],
    decode: (bytes) => readDescription(new TextDecoder().decode(bytes), 'FILE'),
    maxPerByte: 64,
  })),
>>>>>>> main
];
