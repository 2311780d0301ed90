import { describe, expect, it } from 'vitest';
import { evaluateFloats, type Network, readOnnx } from '../../../inference/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { codeOf, thrownBy } from '../../support/thrown.ts';
import { type Attribute, integers, onnx, tensor, type TestGraph, type TestNode } from '../support/onnx.ts';

const count = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
/** Numbers that are all different, and exact in 32 bits. */
const ramp = (shape: readonly number[], from = -1): number[] =>
  Array.from({ length: count(shape) }, (_, i) => from + i / 32);
const weights = (name: string, ...shape: number[]): Uint8Array => tensor(name, shape, ramp(shape));

const op = (
  operator: string,
  inputs: string,
  output: string,
  attributes: Record<string, Attribute> = {},
): TestNode => ({
  operator,
  inputs: inputs.split(' '),
  output,
  attributes,
});

const kinds = ({ layers }: Network): string[] => layers.map(({ kind }) => kind);

/** A vector of 4 through W (4 × 3). */
const DENSE: TestGraph = {
  input: ['batch', 4],
  nodes: [op('MatMul', 'x W', 'y')],
  constants: [weights('W', 4, 3)],
};

/** What x · W gives for x = (1, 0.5, 0.25, 0). */
const INPUT = Float32Array.of(1, 0.5, 0.25, 0);
const product = (bias = [0, 0, 0]): number[] => {
  const w = ramp([4, 3]);
  return [0, 1, 2].map((o) => bias[o]! + INPUT.reduce((sum, value, i) => sum + value * w[3 * i + o]!, 0));
};

describe('a network from an ONNX file', () => {
  it('has a dense layer for a MatMul, with the bias of an Add that follows, whichever comes first in it', () => {
    const bias = tensor('B', [1, 3], [1, 2, 3]);
    expect([...evaluateFloats(readOnnx(onnx(DENSE)), INPUT)]).toEqual(product());
    for (const inputs of ['y B', 'B y']) {
      const file = onnx({
        ...DENSE,
        nodes: [...DENSE.nodes, op('Add', inputs, 'z')],
        constants: [...DENSE.constants!, bias],
      });
      expect([...evaluateFloats(readOnnx(file), INPUT)]).toEqual(product([1, 2, 3]));
    }
  });

  it('has a dense layer for a Gemm, with its factors and its transposed weights', () => {
    const w = ramp([4, 3]);
    const turned = Array.from({ length: 12 }, (_, i) => w[3 * (i % 4) + Math.floor(i / 4)]!);
    const file = onnx({
      input: [1, 4],
      nodes: [op('Gemm', 'x W B', 'y', { transB: 1, alpha: { float: 2 }, beta: { float: 0.5 } })],
      constants: [tensor('W', [3, 4], turned), tensor('B', [3], [2, 4, 6])],
    });
    const expected = product().map((value, o) => 2 * value + [1, 2, 3][o]!);
    expect([...evaluateFloats(readOnnx(file), INPUT)]).toEqual(expected);
  });

  it.each(['raw', 'listed', 'double', 'packed-apart'] as const)('reads weights that are stored %s', (storage) => {
    const file = onnx({ ...DENSE, constants: [tensor('W', [4, 3], ramp([4, 3]), storage)] });
    expect([...evaluateFloats(readOnnx(file), INPUT)]).toEqual(product());
  });

  it('reads weights of Constant nodes, and through Reshape, Transpose and Identity', () => {
    const w = ramp([4, 3]);
    const turned = Array.from({ length: 12 }, (_, i) => w[3 * (i % 4) + Math.floor(i / 4)]!);
    const file = onnx({
      input: ['batch', 4],
      nodes: [
        {
          operator: 'Constant',
          inputs: [],
          output: 'flat',
          attributes: { value: { tensor: tensor('', [12], turned) } },
        },
        op('Reshape', 'flat shape', 'matrix'),
        op('Transpose', 'matrix', 'turned', { perm: [1, 0] }),
        op('Identity', 'turned', 'W'),
        op('MatMul', 'x W', 'y'),
      ],
      constants: [integers('shape', [-1, 4])],
    });
    expect([...evaluateFloats(readOnnx(file), INPUT)]).toEqual(product());
  });

  it('has convolutions, pools and functions in their order', () => {
    const file = onnx({
      input: ['batch', 1, 8, 8],
      nodes: [
        op('Conv', 'x K KB', 'a', {
          kernel_shape: [3, 3],
          pads: [1, 1, 1, 1],
          strides: [1, 1],
          dilations: [1, 1],
          group: 1,
        }),
        op('Relu', 'a', 'b'),
        op('MaxPool', 'b', 'c', { kernel_shape: [2, 2], strides: [2, 2] }),
        op('Conv', 'c L', 'd', { auto_pad: 'SAME_UPPER' }),
        op('Add', 'd LB', 'e'),
        op('Tanh', 'e', 'f'),
        op('AveragePool', 'f', 'g', { kernel_shape: [2, 2], strides: [2, 2] }),
        op('Flatten', 'g', 'h'),
        op('Gemm', 'h W', 'i'),
        op('Mul', 'i i', 'j'),
        op('Dropout', 'j', 'k'),
        op('MatMul', 'k V', 'l'),
        op('Sigmoid', 'l', 'm'),
        op('Softmax', 'm', 'n', { axis: -1 }),
        op('ArgMax', 'n', 'o', { axis: 1 }),
      ],
      constants: [
        weights('K', 2, 1, 3, 3),
        weights('KB', 2),
        weights('L', 3, 2, 3, 3),
        weights('LB', 3, 1, 1),
        weights('W', 12, 5),
        weights('V', 5, 4),
      ],
      // As exporters before version 4 of the format have it.
      moreInputs: ['K', 'KB', 'L', 'LB', 'W', 'V'],
    });
    const network = readOnnx(file, { classes: ['a', 'b', 'c', 'd'], inputRange: [-1, 1] });
    expect(kinds(network)).toEqual([
      ...['conv2d', 'relu', 'maxPool', 'conv2d', 'tanh', 'averagePool', 'flatten'],
      ...['dense', 'square', 'dense', 'sigmoid', 'argmax'],
    ]);
    expect(network).toMatchObject({
      inputShape: [1, 8, 8],
      inputRange: [-1, 1],
      outputs: 4,
      classes: ['a', 'b', 'c', 'd'],
    });
    expect(network.layers[3]).toMatchObject({ inputShape: [2, 4, 4], outputShape: [3, 4, 4], map: { padding: 1 } });
  });

  it('takes a Reshape as a flattening, and before all layers as the shape of the input', () => {
    const file = onnx({
      input: ['batch', 64],
      nodes: [
        op('Reshape', 'x image', 'a'),
        op('Conv', 'a K', 'b', { strides: [2, 2] }),
        op('Reshape', 'b vector', 'c'),
        op('MatMul', 'c W', 'd'),
      ],
      constants: [
        integers('image', [-1, 1, 8, 8]),
        integers('vector', [0, -1]),
        weights('K', 2, 1, 2, 2),
        weights('W', 32, 3),
      ],
    });
    const network = readOnnx(file);
    expect(kinds(network)).toEqual(['conv2d', 'flatten', 'dense']);
    expect(network.inputShape).toEqual([1, 8, 8]);
  });
});

describe('an ONNX file that cannot be read as a network', () => {
  const refused = (graph: TestGraph): CairnError => {
    const thrown = thrownBy(() => readOnnx(onnx(graph)));
    expect(thrown).toBeInstanceOf(CairnError);
    return thrown as CairnError;
  };
  const image: TestGraph = { input: [1, 1, 6, 6], nodes: [], constants: [weights('K', 2, 1, 3, 3)] };

  it('is refused for an operator that is not supported: its node is named, and what is supported', () => {
    const { code, message, hint } = refused({ ...DENSE, nodes: [...DENSE.nodes, op('LSTM', 'y', 'z')] });
    expect(code).toBe('network-unsupported');
    expect(message).toContain('LSTM "z"');
    expect(hint).toContain('Gemm, MatMul, Add, Conv');
  });

  it.each<readonly [string, TestGraph, string]>([
    ['a branch', { ...DENSE, nodes: [op('Relu', 'x', 'a'), op('Relu', 'x', 'b')] }, 'one chain without branches'],
    ['a residual', { ...DENSE, nodes: [op('Relu', 'x', 'a'), op('Add', 'a x', 'b')] }, 'one chain without branches'],
    ['a product of two values', { ...DENSE, nodes: [op('Mul', 'x W', 'a')] }, 'a square'],
    ['two inputs', { ...DENSE, moreInputs: ['other'] }, '2 inputs'],
    ['two outputs', { ...DENSE, outputs: ['y', 'x'] }, 'one output'],
    [
      'an output in the middle',
      { ...DENSE, nodes: [...DENSE.nodes, op('Relu', 'y', 'z')], outputs: ['y'] },
      'last node',
    ],
    ['an input without a shape', { ...DENSE, input: ['batch', 'n'] }, 'batch×values'],
    [
      'an addition elsewhere',
      { ...DENSE, nodes: [op('Add', 'x B', 'y')], constants: [weights('B', 4)] },
      'directly after',
    ],
    [
      'a foreign domain',
      { ...DENSE, nodes: [{ ...op('MatMul', 'x W', 'y'), domain: 'com.microsoft' }] },
      'com.microsoft',
    ],
    ['groups', { ...image, nodes: [op('Conv', 'x K', 'y', { group: 2 })] }, '2 groups'],
    ['dilations', { ...image, nodes: [op('Conv', 'x K', 'y', { dilations: [2, 2] })] }, 'dilations'],
    ['uneven strides', { ...image, nodes: [op('Conv', 'x K', 'y', { strides: [1, 2] })] }, 'strides are 1, 2'],
    ['uneven padding', { ...image, nodes: [op('Conv', 'x K', 'y', { pads: [0, 0, 1, 1] })] }, 'pads are 0, 0, 1, 1'],
    [
      'a padded pool',
      { ...image, nodes: [op('MaxPool', 'x', 'y', { kernel_shape: [2, 2], pads: [1, 1, 1, 1] })] },
      'pads its input',
    ],
    [
      'sizes rounded up',
      { ...image, nodes: [op('MaxPool', 'x', 'y', { kernel_shape: [2, 2], ceil_mode: 1 })] },
      'ceil_mode',
    ],
    [
      'a softmax in the middle',
      { ...DENSE, nodes: [...DENSE.nodes, op('Softmax', 'y', 'a'), op('Relu', 'a', 'b')] },
      'ArgMax',
    ],
    [
      'weights that are computed',
      { ...DENSE, nodes: [op('Relu', 'W', 'V'), op('MatMul', 'x V', 'y')] },
      'constants cannot go through',
    ],
    ['weights in another file', { ...DENSE, constants: [tensor('W', [4, 3], [], 'external')] }, 'in another file'],
    ['halves', { ...DENSE, constants: [tensor('W', [4, 3], ramp([4, 3]), 'half')] }, 'type 10'],
    [
      'a transposing reshape',
      { ...image, nodes: [op('Reshape', 'x s', 'y')], constants: [integers('s', [1, 6, 6])] },
      'flatten an image',
    ],
  ])('is refused for %s', (_, graph, words) => {
    const { code, message, hint } = refused(graph);
    expect(code).toBe('network-unsupported');
    expect(`${message} ${hint}`).toContain(words);
  });

  it('is refused if weights do not fit, naming the node', () => {
    const { code, message } = refused({ ...DENSE, input: [1, 5] });
    expect(code).toBe('network-malformed');
    expect(message).toContain('node MatMul "y": its weights must have the shape 5×outputs, not 4×3');
  });

  it('is refused if a tensor has more or fewer values than its shape asks for', () => {
    const wrong = tensor('W', [4, 3], ramp([4, 2]));
    expect(codeOf(() => readOnnx(onnx({ ...DENSE, constants: [wrong] })))).toBe('network-malformed');
    // 2^53 values, which no file has.
    const huge = tensor('W', [2 ** 31, 2 ** 22], []);
    expect(codeOf(() => readOnnx(onnx({ ...DENSE, constants: [huge] })))).toBe('network-malformed');
  });

  it('is refused with a named error wherever it is cut off, and whichever byte is changed', () => {
    const file = onnx({ ...DENSE, nodes: [...DENSE.nodes, op('Relu', 'y', 'z')] });
    const codes = new Set<string>();
    const attempt = (bytes: Uint8Array): void => {
      try {
        readOnnx(bytes);
      } catch (thrown) {
        if (!(thrown instanceof CairnError)) throw thrown;
        codes.add(thrown.code);
      }
    };
    for (let length = 0; length < file.length; length++) {
      expect(() => readOnnx(file.subarray(0, length))).toThrow(CairnError);
      attempt(file.subarray(0, length));
    }
    for (let at = 0; at < file.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const bytes = file.slice();
        bytes[at]! ^= change;
        attempt(bytes);
      }
    }
    expect([...codes].sort()).toEqual(['network-malformed', 'network-unsupported']);
  });
});
