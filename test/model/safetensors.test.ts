import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { CairnError } from '../../protocol/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../protocol/model/safetensors.ts';
import type { NamedTensors, Shapes } from '../../protocol/model/layout.ts';

/** The CairnError that `act` throws; fails where it throws none, or another kind. */
function errorOf(act: () => unknown): CairnError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** A file with this header text and this many bytes of data. */
function file(header: string, dataBytes = 0, headerLength?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setUint32(0, headerLength ?? text.length, true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (from: number, to: number, shape: readonly number[], dtype = 'F32'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

const shapes: Shapes = { 'b/weight': [2, 3], 'a/bias': [2], Scale: [] };
const tensors: NamedTensors = {
  'b/weight': Float32Array.of(1, 2, 3, 4, 5, 6),
  'a/bias': Float32Array.of(-0, NaN),
  Scale: Float32Array.of(0.5),
};

describe('encodeSafetensors', () => {
  it('is canonical: sorted keys, layout order, no white space but the padding', () => {
    const bytes = encodeSafetensors(tensors, shapes, { z: 'last', a: 'first' });
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(text.trimEnd()).toBe(
      '{"Scale":{"data_offsets":[0,4],"dtype":"F32","shape":[]},' +
        '"__metadata__":{"a":"first","z":"last"},' +
        '"a/bias":{"data_offsets":[4,12],"dtype":"F32","shape":[2]},' +
        '"b/weight":{"data_offsets":[12,36],"dtype":"F32","shape":[2,3]}}',
    );
    expect(length % 8).toBe(0);
    expect(text.length - text.trimEnd().length).toBeLessThan(8);
    expect(bytes.length).toBe(8 + length + 36);
    const values = new Float32Array(bytes.slice(8 + length).buffer);
    expect([...values]).toEqual([0.5, -0, NaN, 1, 2, 3, 4, 5, 6]);
  });

  it('does not depend on the order of properties', () => {
    const reversed = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(record).reverse());
    expect(encodeSafetensors(reversed(tensors), reversed(shapes), { b: '2', a: '1' })).toEqual(
      encodeSafetensors(tensors, shapes, { a: '1', b: '2' }),
    );
  });

  it('refuses what it could not encode', () => {
    const one = { x: Float32Array.of(1) };
    expect(errorOf(() => encodeSafetensors(one, { x: [2] })).code).toBe('update-shape');
    expect(errorOf(() => encodeSafetensors(one, { y: [1] })).code).toBe('update-shape');
    expect(errorOf(() => encodeSafetensors({ __metadata__: one.x }, { __metadata__: [1] })).code).toBe(
      'model-malformed',
    );
    expect(errorOf(() => encodeSafetensors(one, { x: [1] }, { long: '\u0001'.repeat(17e6) })).code).toBe(
      'model-malformed',
    );
  });
});

const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', '', '"', '\\', '\ud800', 'ä', '\u0000'),
);

const models = fc
  .uniqueArray(
    fc.tuple(
      names.filter((name) => name !== '__metadata__'),
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 6, selector: ([name]) => name },
  )
  .map((pairs) => ({
    shapes: Object.fromEntries(pairs),
    tensors: Object.fromEntries(
      pairs.map(([name, shape], i) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        return [name, Float32Array.from({ length: size }, (_, j) => 100 * i + j + 0.5)];
      }),
    ),
  }));

describe('decodeSafetensors', () => {
  it('reads back what was encoded, whatever the names, at any alignment', () => {
    fc.assert(
      fc.property(
        models,
        fc.dictionary(names, fc.string()),
        fc.integer({ min: 0, max: 7 }),
        (model, metadata, shift) => {
          const bytes = encodeSafetensors(model.tensors, model.shapes, metadata);
          const moved = new Uint8Array(bytes.length + shift + 3);
          moved.set(bytes, shift);
          const decoded = decodeSafetensors(moved.subarray(shift, shift + bytes.length));
          expect(Object.keys(decoded.tensors).sort()).toEqual(Object.keys(model.tensors).sort());
          for (const [name, values] of Object.entries(model.tensors)) {
            expect(Object.hasOwn(decoded.tensors, name)).toBe(true);
            expect(Object.getOwnPropertyDescriptor(decoded.tensors, name)?.value).toEqual(values);
            expect(Object.getOwnPropertyDescriptor(decoded.shapes, name)?.value).toEqual(
              Object.getOwnPropertyDescriptor(model.shapes, name)?.value,
            );
          }
          expect(Object.entries(decoded.metadata).sort()).toEqual(Object.entries(metadata).sort());
          expect(encodeSafetensors(decoded.tensors, decoded.shapes, decoded.metadata)).toEqual(bytes);
        },
      ),
    );
  });

  it('keeps every bit of a float', () => {
    const odd = new Float32Array(Uint32Array.of(0x7fc00001, 0x80000000, 0x00000001, 0xff800000).buffer);
    const { tensors: decoded } = decodeSafetensors(encodeSafetensors({ x: odd }, { x: [4] }));
    expect(new Uint32Array(decoded.x!.buffer)).toEqual(new Uint32Array(odd.buffer));
  });

  it('reads names of almost a megabyte, and keeps messages short', () => {
    for (const name of ['x'.repeat(2 ** 20 - 100), '\\n'.repeat(2 ** 19 - 100)]) {
      const header = `{"${name}":${tensor(0, 4, [1])}}`;
      expect(Object.keys(decodeSafetensors(file(header, 4)).shapes)).toHaveLength(1);
      expect(errorOf(() => decodeSafetensors(file(header, 3))).message.length).toBeLessThan(300);
    }
  });

  it('copies: the file may be overwritten afterwards', () => {
    const bytes = encodeSafetensors(tensors, shapes);
    const decoded = decodeSafetensors(bytes);
    bytes.fill(0);
    expect([...decoded.tensors['b/weight']!]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reads foreign files: any order, white space, escapes', () => {
    const header = `{ "b" :\n${tensor(4, 8, [1])} , "\\u0061":\t{"shape":[ 1 , 1 ],"data_offsets":[0,4],"dtype":"F32"}}   `;
    const decoded = decodeSafetensors(file(header, 8));
    expect(decoded.shapes).toEqual({ a: [1, 1], b: [1] });
    expect(decoded.metadata).toEqual({});
  });

  it.each<readonly [string, Uint8Array]>([
    ['an empty file', new Uint8Array(0)],
    ['a cut length', new Uint8Array(7)],
    ['a header beyond the file', file('{}', 0, 3)],
    ['a header above 100 MB', file('{}', 0, 100_000_001)],
    ['a header above 4 GiB', new Uint8Array([2, 0, 0, 0, 1, 0, 0, 0, 0x7b, 0x7d])],
    ['no header', file('')],
    ['no tensor', file('{}')],
    ['metadata alone', file('{"__metadata__":{"a":"b"}}')],
    ['a list', file('[]')],
    ['white space before the brace', file(` {"x":${tensor(0, 4, [1])}}`, 4)],
    ['text after the header', file(`{"x":${tensor(0, 4, [1])}}x`, 4)],
    ['a byte-order mark', file(`\ufeff{"x":${tensor(0, 4, [1])}}`, 4)],
    ['an open object', file(`{"x":${tensor(0, 4, [1])}`, 4)],
    ['a trailing comma', file(`{"x":${tensor(0, 4, [1])},}`, 4)],
    ['an open string', file('{"x')],
    ['a bad escape', file(`{"\\q":${tensor(0, 4, [1])}}`, 4)],
    ['a bare control character', file(`{"\n":${tensor(0, 4, [1])}}`, 4)],
    ['a name twice', file(`{"x":${tensor(0, 4, [1])},"x":${tensor(0, 4, [1])}}`, 4)],
    ['a name twice, once escaped', file(`{"x":${tensor(0, 4, [1])},"\\u0078":${tensor(4, 8, [1])}}`, 8)],
    ['metadata twice', file(`{"__metadata__":{},"__metadata__":{},"x":${tensor(0, 4, [1])}}`, 4)],
    ['a metadata key twice', file(`{"__metadata__":{"a":"1","a":"2"},"x":${tensor(0, 4, [1])}}`, 4)],
    ['metadata that are no strings', file(`{"__metadata__":{"a":1},"x":${tensor(0, 4, [1])}}`, 4)],
    ['a type that the format has not', file(`{"x":${tensor(0, 8, [1], 'F128')}}`, 8)],
    ['doubles in the room of floats', file(`{"x":${tensor(0, 4, [1], 'F64')}}`, 4)],
    ['halves in the room of floats', file(`{"x":${tensor(0, 4, [1], 'F16')}}`, 4)],
    ['an unknown field', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"y":"z"}}', 4)],
    ['a field twice', file('{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['no shape', file('{"x":{"dtype":"F32","data_offsets":[0,4]}}', 4)],
    ['one offset', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4)],
    ['three offsets', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4)],
    ['a negative extent', file('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4)],
    ['a fraction', file('{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', 4)],
    ['an exponent', file('{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4)],
    ['a leading zero', file('{"x":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', 4)],
    ['a number above 2^53', file('{"x":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4)],
    ['an endless number', file(`{"x":{"dtype":"F32","shape":[${'9'.repeat(400)}],"data_offsets":[0,4]}}`, 4)],
    ['values of a tensor without any', file(`{"x":${tensor(0, 4, [0])}}`, 4)],
    ['a product that overflows', file(`{"x":${tensor(0, 4, [2 ** 40, 2 ** 40, 2 ** 40])}}`, 4)],
    ['a shape larger than the file', file(`{"x":${tensor(0, 4e9, [1e9])}}`, 8)],
    ['offsets that disagree with the shape', file(`{"x":${tensor(0, 8, [1])}}`, 8)],
    ['an end beyond the shape and the file', file(`{"x":${tensor(0, 8, [1])}}`, 4)],
    ['offsets in reverse', file(`{"x":${tensor(4, 0, [1])}}`, 4)],
    ['a gap at the start', file(`{"x":${tensor(4, 8, [1])}}`, 8)],
    ['a gap between', file(`{"x":${tensor(0, 4, [1])},"y":${tensor(8, 12, [1])}}`, 12)],
    ['an overlap', file(`{"x":${tensor(0, 8, [2])},"y":${tensor(4, 12, [2])}}`, 12)],
    ['the same place twice', file(`{"x":${tensor(0, 4, [1])},"y":${tensor(0, 4, [1])}}`, 8)],
    ['data that end early', file(`{"x":${tensor(0, 4, [1])},"y":${tensor(4, 8, [1])}}`, 7)],
    ['bytes after the data', file(`{"x":${tensor(0, 4, [1])}}`, 5)],
  ])('refuses %s', (_, bytes) => {
    expect(errorOf(() => decodeSafetensors(bytes)).code).toBe('model-malformed');
  });

  it('refuses a header that is not UTF-8', () => {
    const bytes = file(`{"x":${tensor(0, 4, [1])}}`, 4);
    bytes[10] = 0xff;
    expect(errorOf(() => decodeSafetensors(bytes)).message).toContain('UTF-8');
  });

  it('refuses every prefix of a file', () => {
    const bytes = encodeSafetensors(tensors, shapes, { note: 'x' });
    for (let length = 0; length < bytes.length; length++) {
      expect(errorOf(() => decodeSafetensors(bytes.subarray(0, length))).code).toBe('model-malformed');
    }
  });

  it('throws nothing but model-malformed and model-unsupported, whatever comes', () => {
    const whole = encodeSafetensors(tensors, shapes, { note: 'x' });
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    const edited = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
      const bytes = whole.slice();
      for (const [at, value] of edits) bytes[at] = value;
      return bytes;
    });
    const loose = fc.string({
      unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '0', '9', '\\', ' ', '"x"', '"shape"', '"dtype"'),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          edited,
          loose.map((text) => file(`{${text}`, 4)),
          fc.uint8Array(),
        ),
        (bytes) => {
          try {
            decodeSafetensors(bytes);
          } catch (thrown) {
            if (!(thrown instanceof CairnError) || !/^model-(malformed|unsupported)$/.test(thrown.code)) throw thrown;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
