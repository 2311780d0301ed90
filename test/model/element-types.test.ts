import { describe, expect, it } from 'vitest';
import { CairnError } from '../../protocol/errors.ts';
import { ParameterLayout } from '../../protocol/model/layout.ts';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { stampedModel, unstamped } from '../../protocol/model/stamp.ts';

/*
 * Models come from other programs: people who saved theirs in half precision, or with PyTorch's counter of batches in it,
 * were told that their file was malformed.
 */

interface Part {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A file of these tensors, one behind the other. */
function fileOf(parts: Readonly<Record<string, Part>>, metadata?: Record<string, string>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  for (const [name, { dtype, shape, bytes }] of Object.entries(parts)) {
    header[name] = { dtype, shape, data_offsets: [at, (at += bytes.length)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(text, 8);
  let to = 8 + text.length;
  for (const { bytes } of Object.values(parts)) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
  return 'nothing was thrown';
}

const view = (values: Uint16Array | Float64Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const floats = (...values: number[]): Part => ({
  dtype: 'F32',
  shape: [values.length],
  bytes: view(Float32Array.from(values)),
});

const read = (dtype: string, values: Uint16Array | Float64Array): Float32Array =>
  decodeSafetensors(fileOf({ x: { dtype, shape: [values.length], bytes: view(values) } })).tensors.x!;

describe('halves', () => {
  it('are exact: the bounds of the format, subnormal values and both zeros', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8001, 0x0000, 0x8000);
    expect([...read('F16', bits)]).toEqual([
      ...[1, -2, 0.333251953125, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, -(2 ** -24), 0, -0],
    ]);
  });

  it('are what DataView reads as float16 by the definition, for every bit pattern', () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const values = read('F16', all);
    const wrong = [...all].filter((bits) => {
      const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
      // Scaled by whole powers of two from the integer significand, another way than the table goes.
      const magnitude =
        exponent === 31
          ? fraction > 0
            ? NaN
            : Infinity
          : (exponent > 0 ? 1024 + fraction : fraction) * 2 ** (Math.max(exponent, 1) - 25);
      return !Object.is(values[bits], sign === 1 ? -magnitude : magnitude);
    });
    expect(wrong).toEqual([]);
  });
});

describe('bfloats', () => {
  it('are the upper half of a float, subnormal ones too', () => {
    expect([...read('BF16', Uint16Array.of(0x3f80, 0xbf80, 0x4049, 0x7f7f, 0x0001, 0x8000))]).toEqual([
      ...[1, -1, 3.140625, 3.3895313892515355e38, 2 ** -133, -0],
    ]);
    expect([...read('BF16', Uint16Array.of(0x7f80, 0x7fc0))]).toEqual([Infinity, NaN]);
  });
});

describe('doubles', () => {
  it('are rounded to the nearest float, and infinite beyond the greatest', () => {
    const values = Float64Array.of(0.1, -1 / 3, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e-46, 1e300);
    expect([...read('F64', values)]).toEqual([...values].map(Math.fround));
  });
});

const counter: Part = { dtype: 'I64', shape: [], bytes: Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 7) };

describe('tensors that are not trained', () => {
  const parts: Record<string, Part> = {
    'bn.num_batches_tracked': counter,
    weight: floats(1, 2, 3),
    mask: { dtype: 'BOOL', shape: [3], bytes: Uint8Array.of(1, 0, 1) },
    codes: { dtype: 'U16', shape: [2, 1], bytes: Uint8Array.of(1, 2, 3, 4) },
    none: { dtype: 'F32', shape: [0, 5], bytes: new Uint8Array(0) },
    void: { dtype: 'F16', shape: [2 ** 50, 0], bytes: new Uint8Array(0) },
  };
  const model = decodeSafetensors(fileOf(parts, { format: 'pt' }));
  const { weight, ...others } = parts;

  it('are kept apart as they are: integers, booleans, and tensors without values', () => {
    expect(model.shapes).toEqual({ weight: weight!.shape });
    expect([...model.tensors.weight!]).toEqual([1, 2, 3]);
    expect(model.kept).toEqual(others);
    expect(model.metadata).toEqual({ format: 'pt' });
  });

  it('are written back bit by bit, each where its values are aligned', () => {
    const bytes = encodeSafetensors(model.tensors, model.shapes, model.metadata, model.kept);
    expect(decodeSafetensors(bytes)).toEqual(model);
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      { data_offsets?: [number, number] }
    >;
    const starts = Object.fromEntries(Object.entries(header).map(([name, { data_offsets: at }]) => [name, at?.[0]]));
    expect(starts).toMatchObject({ 'bn.num_batches_tracked': 0, weight: 8, codes: 20, mask: 24 });
    expect((8 + length) % 8).toBe(0);
  });

  it('have one encoding, whatever order they came in', () => {
    const reversed = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(record).reverse());
    expect(encodeSafetensors(model.tensors, model.shapes, {}, reversed(model.kept))).toEqual(
      encodeSafetensors(model.tensors, model.shapes, {}, model.kept),
    );
  });

  it.each<[string, Record<string, Part>]>([
    ['of a length that its shape does not have', { x: { ...counter, shape: [2] } }],
    ['of an unknown type', { x: { ...counter, dtype: 'I128' } }],
    ['of a name that is trained', { weight: counter }],
    ['named as the metadata are', { ['__metadata__']: counter }],
  ])('are not written %s', (_, kept) => {
    expect(codeOf(() => encodeSafetensors(model.tensors, model.shapes, {}, kept))).toBe('update-shape');
  });
});

describe('what the format allows and Cairn does not take', () => {
  it.each(['C64', 'F8_E4M3', 'F8_E5M2', 'F4'])('elements of type %s are not supported, and not malformed', (dtype) => {
    const file = fileOf({ x: { dtype, shape: [8], bytes: new Uint8Array(8) } });
    expect(codeOf(() => decodeSafetensors(file))).toBe('model-unsupported');
  });

  it('more dimensions than any program has', () => {
    const shape = new Array<number>(65).fill(1);
    expect(codeOf(() => decodeSafetensors(fileOf({ x: { ...floats(1), shape } })))).toBe('model-unsupported');
  });
});

describe('a header', () => {
  it('of megabytes is read: a file of many tensors, and one of long metadata', () => {
    const many = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`layer.${i}.${'x'.repeat(60)}`, floats(i)]),
    );
    expect(Object.keys(decodeSafetensors(fileOf(many)).shapes)).toHaveLength(20_000);
    const text = 'x'.repeat(4e7);
    expect(decodeSafetensors(fileOf({ x: floats(1) }, { text })).metadata.text).toHaveLength(4e7);
  });

  it('of more tensors than any model has is given up before it is held in memory', () => {
    let at = 0;
    const entries = Array.from(
      { length: 2 ** 16 + 1 },
      (_, i) => `"${i}":{"dtype":"U8","shape":[],"data_offsets":[${at},${++at}]}`,
    );
    const text = new TextEncoder().encode(`{${entries.join(',')}}`);
    const file = new Uint8Array(8 + text.length + at);
    new DataView(file.buffer).setUint32(0, text.length, true);
    file.set(text, 8);
    expect(codeOf(() => decodeSafetensors(file))).toBe('model-unsupported');
  });
});

describe('a model beyond the bound', () => {
  it('is refused by its shapes alone, before anything is allocated', () => {
    const code = (...shape: number[]): string => codeOf(() => new ParameterLayout({ a: shape, b: [1] }));
    const max = 2 ** 28 - 1024;
    expect(code(max)).toBe('model-too-large');
    expect(code(2 ** 20, 2 ** 20, 2 ** 20)).toBe('model-too-large');
    expect(code(max - 1)).toBe('nothing was thrown');
  });
});

describe('a stamped copy', () => {
  const file = encodeSafetensors({ w: Float32Array.of(1, 2) }, { w: [2] }, { format: 'pt' }, { n: counter });
  const stamp = { task: 'toy', round: 3, date: 1_700_000_000, modelHash: 'ab'.repeat(32), version: '1.2.3' };

  it('says where the model comes from, and keeps everything else', () => {
    expect(decodeSafetensors(stampedModel(file, stamp)).metadata).toEqual({
      format: 'pt',
      'cairn.task': 'toy',
      'cairn.round': '3',
      'cairn.date': '2023-11-14T22:13:20.000Z',
      'cairn.modelHash': 'ab'.repeat(32),
      'cairn.version': '1.2.3',
    });
  });

  it('is the file that the hash names again once the stamp is off', () => {
    const { tensors, shapes, metadata, kept } = decodeSafetensors(stampedModel(stampedModel(file, stamp), stamp));
    expect(encodeSafetensors(tensors, shapes, unstamped(metadata), kept)).toEqual(file);
  });
});
