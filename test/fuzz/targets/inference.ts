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
];
