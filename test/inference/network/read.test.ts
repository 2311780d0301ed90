import { describe, expect, it } from 'vitest';
import {
  buildNetwork,
  countExamples,
  describeNetwork,
  evaluateFloats,
  type NetworkDescription,
  parseDescription,
  readDescription,
  readNetwork,
} from '../../../inference/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { decodeSafetensors, encodeSafetensors, stampedModel } from '../../../protocol/model/index.ts';
import {
  averagePool2d,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  relu,
  sequential,
  sigmoid,
  tanh,
} from '../../../training/layers/index.ts';
import { Tape } from '../../../training/tape/tape.ts';
import { codeOf, thrownBy } from '../../support/thrown.ts';

const DESCRIPTION: NetworkDescription = {
  version: 1,
  input: { shape: [1, 12, 12], range: [0, 1] },
  layers: [
    { kind: 'conv2d', weight: 'conv1.weight', bias: 'conv1.bias', padding: 1 },
    { kind: 'relu' },
    { kind: 'maxPool', size: 2 },
    { kind: 'conv2d', weight: 'conv2.weight', stride: 2, bias: 'conv2.bias' },
    { kind: 'tanh' },
    { kind: 'averagePool', size: 2, stride: 1 },
    { kind: 'flatten' },
    { kind: 'dense', weight: 'dense1.weight', bias: 'dense1.bias' },
    { kind: 'sigmoid' },
    { kind: 'dense', weight: 'out.weight' },
  ],
  classes: ['none', 'one', 'two'],
};

/** The same network, as the training engine has it. */
const MODEL = sequential(
  [
    conv2d(3, 3, { padding: 1 }),
    relu(),
    maxPool2d(2),
    conv2d(4, 2, { stride: 2 }),
    tanh(),
    averagePool2d(2, 1),
    flatten(),
    dense(6),
    sigmoid(),
    dense(3, { name: 'out', bias: false }),
  ],
  [1, 12, 12],
);

const FLAT = MODEL.initialise(5);
FLAT.forEach((value, i) => {
  if (value === 0) FLAT[i] = ((i % 7) - 3) / 10;
});
const { layout } = MODEL;
const SHAPES = layout.shapes;
const TENSORS = Object.fromEntries(
  Object.keys(SHAPES).map((name) => {
    const at = layout.offsetOf(name);
    return [name, FLAT.slice(at, at + layout.sizeOf(name))];
  }),
);
const FILE = encodeSafetensors(TENSORS, SHAPES, { note: 'kept' });

const message = (run: () => unknown): string => {
  const thrown = thrownBy(run);
  if (!(thrown instanceof CairnError && thrown.code === 'network-malformed')) throw thrown;
  return thrown.message;
};
const withLayer = (at: number, layer: object): unknown => ({
  ...DESCRIPTION,
  layers: DESCRIPTION.layers.map((old, i) => (i === at ? layer : old)),
});

describe('a network of a safetensors file', () => {
  it('computes what the engine that trained it computes', () => {
    const network = readNetwork(describeNetwork(FILE, DESCRIPTION));
    const inputs = Float32Array.from({ length: 4 * 144 }, (_, i) => ((i * 37) % 256) / 255);
    const tape = new Tape();
    const { named } = tape.parameters(layout, FLAT);
    const expected = MODEL.forward(named, tape.tensor([4, 1, 12, 12], inputs)).values();
    const scores = evaluateFloats(network, inputs);
    expect(scores).toHaveLength(12);
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i]!, 5);
    expect(network).toMatchObject({ outputs: 3, classes: ['none', 'one', 'two'], inputRange: [0, 1] });
  });

  it('is described in the file’s metadata, which keep all else and survive a stamp', () => {
    const described = describeNetwork(FILE, DESCRIPTION);
    const { metadata, tensors } = decodeSafetensors(described);
    expect(metadata.note).toBe('kept');
    expect(parseDescription(JSON.parse(metadata.network!))).toEqual(DESCRIPTION);
    expect(tensors).toEqual(TENSORS);
    const stamp = { task: 't', round: 1, date: 0, modelHash: 'ab', version: '0' };
    expect(readNetwork(stampedModel(described, stamp)).layers).toHaveLength(10);
  });

  it('is described beside the file, which counts first', () => {
    const described = describeNetwork(FILE, DESCRIPTION);
    const other = JSON.stringify({ ...DESCRIPTION, classes: ['a', 'b', 'c'] });
    expect(readNetwork(described, other).classes).toEqual(['a', 'b', 'c']);
    expect(readNetwork(FILE, other).classes).toEqual(['a', 'b', 'c']);
  });

  it('is refused without a description, and with one that is no JSON', () => {
    expect(message(() => readNetwork(FILE))).toContain('which layers its tensors belong to');
    expect(message(() => readNetwork(FILE, '{"version": 1,}'))).toContain('line 1, column 15');
  });
});

describe('a description of a network', () => {
  const model = { tensors: TENSORS, shapes: SHAPES };
  const build = (description: unknown) => (): unknown => buildNetwork(description as NetworkDescription, model);

  it.each<readonly [string, unknown, string]>([
    [
      'an unknown layer',
      withLayer(1, { kind: 'rely' }),
      'network.layers[1].kind: there is no layer "rely"; did you mean "relu"?',
    ],
    [
      'an unknown setting',
      withLayer(2, { kind: 'maxPool', size: 2, strides: 2 }),
      'unknown key "strides"; did you mean "stride"?',
    ],
    ['a missing setting', withLayer(2, { kind: 'maxPool' }), 'network.layers[2].size: expected a number'],
    ['no kind', withLayer(2, { size: 2 }), 'network.layers[2].kind: a layer is an object with a "kind"'],
    ['another version', { ...DESCRIPTION, version: 2 }, 'network.version'],
    ['a shape of two extents', { ...DESCRIPTION, input: { shape: [12, 12], range: [0, 1] } }, 'network.input.shape'],
    ['no layers', { ...DESCRIPTION, layers: [] }, 'network.layers'],
    ['no object', 7, 'expected an object'],
  ])('is refused for %s', (_, description, words) => {
    expect(message(build(description))).toContain(words);
  });

  it.each<readonly [string, unknown, string]>([
    [
      'a tensor that is not there',
      withLayer(9, { kind: 'dense', weight: 'gone' }),
      'layer 10 (dense "gone"): the model has no tensor',
    ],
    [
      'a tensor of another shape',
      withLayer(9, { kind: 'dense', weight: 'dense1.weight' }),
      'layer 10 (dense "dense1.weight"): its weights must have the shape 6×outputs',
    ],
    [
      'a bias of another length',
      withLayer(9, { kind: 'dense', weight: 'out.weight', bias: 'dense1.bias' }),
      'its bias must have 3 values',
    ],
    [
      'a dense layer on an image',
      withLayer(6, { kind: 'relu' }),
      'layer 8 (dense "dense1.weight"): its input is an image of 4×2×2',
    ],
    [
      'a window larger than its image',
      withLayer(5, { kind: 'averagePool', size: 4 }),
      'layer 6 (averagePool): a window of 4×4 does not fit an image of 3×3',
    ],
    [
      'an argmax in the middle',
      { ...DESCRIPTION, layers: [...DESCRIPTION.layers.slice(0, 8), { kind: 'argmax' }, { kind: 'relu' }] },
      'layer 9 (argmax): it must be the last layer',
    ],
    ['too few class names', { ...DESCRIPTION, classes: ['a'] }, '1 class names for 3 outputs'],
    ['an empty range', { ...DESCRIPTION, input: { shape: [1, 12, 12], range: [1, 0] } }, 'a low end below a high end'],
  ])('is refused with the layer for %s', (_, description, words) => {
    expect(message(build(description))).toContain(words);
  });

  it('is refused for weights that are not finite, and beyond the limits', () => {
    const broken = { ...TENSORS, 'out.weight': TENSORS['out.weight']!.map((value, i) => (i === 4 ? NaN : value)) };
    expect(message(() => buildNetwork(DESCRIPTION, { tensors: broken, shapes: SHAPES }))).toContain(
      'not a finite number',
    );
    const huge = { ...DESCRIPTION, input: { shape: [4096, 4096, 4096], range: [0, 1] } };
    expect(codeOf(() => buildNetwork(huge as NetworkDescription, model))).toBe('network-unsupported');
    expect(codeOf(() => readDescription(' '.repeat(2 ** 20 + 1), 'it'))).toBe('network-malformed');
  });
});

describe('inputs', () => {
  const network = readNetwork(FILE, JSON.stringify(DESCRIPTION));

  it('are whole examples whose values lie in the network’s range', () => {
    expect(countExamples(network, new Float32Array(288))).toBe(2);
    for (const count of [0, 1, 145])
      expect(codeOf(() => countExamples(network, new Float32Array(count)))).toBe('tensor-shape');
    for (const value of [-0.1, 1.5, NaN, Infinity]) {
      const inputs = new Float32Array(288);
      inputs[150] = value;
      const thrown = thrownBy(() => countExamples(network, inputs));
      expect(thrown).toMatchObject({ code: 'input-range' });
      // The place is named; the value is the asker's secret.
      expect((thrown as CairnError).message).toBe('example 2, value 7 is not in the network’s range of 0 to 1');
    }
  });
});
