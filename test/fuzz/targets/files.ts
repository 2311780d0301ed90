import { isDeepStrictEqual } from 'node:util';
import { parseIdxImages, parseIdxLabels } from '../../support/parse-idx.ts';
import { parseIdentity, unsafeIdentityText } from '../../../client/enrolment/identity.ts';
import { recordFrom } from '../../../coordinator/store/record.ts';
import { utf8 } from '../../../protocol/crypto/bytes.ts';
import { identityFrom } from '../../../protocol/crypto/keys.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import type { KeptTensor } from '../../../protocol/model/safetensors-frame.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../protocol/model/safetensors.ts';
import { bytesTarget } from '../bytes-target.ts';
import { must } from '../outcome.ts';
import type { Target } from '../target.ts';

const values = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i / 3);

const kept = (dtype: string, shape: readonly number[], size: number): KeptTensor => ({
  ...{ dtype, shape, bytes: new Uint8Array(size).fill(9) },
});

const safetensors = bytesTarget('model-safetensors', 3, () => ({
  samples: [
    encodeSafetensors({ b: values(2), w: values(4) }, { b: [2], w: [2, 2] }),
    encodeSafetensors({ x: values(1) }, { x: [] }, { made: 'by a test', __proto__x: 'ü' }),
    encodeSafetensors({ 'a"\\\n': values(6), ['__proto__']: values(1) }, { 'a"\\\n': [1, 2, 3], ['__proto__']: [1] }),
    encodeSafetensors({ x: values(1) }, { x: [1] }, {}, { n: kept('I64', [], 8), z: kept('F16', [0, 2], 0) }),
  ],
  decode: decodeSafetensors,
  // Files of other programs are read in other orders: what was read, written and read again, is the same model.
  holds({ tensors, shapes, metadata, kept: others }) {
    // Without a float there is nothing to train, and no model to write.
    if (Object.keys(shapes).length === 0) return;
    const again = decodeSafetensors(encodeSafetensors(tensors, shapes, metadata, others));
    must(
      isDeepStrictEqual(again, { tensors, shapes, metadata, kept: others }),
      'the model that was written is another one',
    );
  },
}));

const idx = (magic: number, dimensions: readonly number[], size: number): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + size).fill(5);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  dimensions.forEach((extent, i) => view.setUint32(4 + 4 * i, extent));
  return bytes;
};

const images = bytesTarget('data-idx-images', 1, () => ({
  samples: [idx(0x803, [2, 3, 4], 24), idx(0x803, [1, 28, 28], 784)],
  decode: parseIdxImages,
  encode: ({ count, rows, columns, pixels }) => {
    const bytes = idx(0x803, [count, rows, columns], pixels.length);
    bytes.set(pixels, 16);
    return bytes;
  },
}));

const labels = bytesTarget('data-idx-labels', 1, () => ({
  samples: [idx(0x801, [10], 10), idx(0x801, [1], 1)],
  decode: parseIdxLabels,
  encode: (read) => {
    const bytes = idx(0x801, [read.length], read.length);
    bytes.set(read, 8);
    return bytes;
  },
}));

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const identity = bytesTarget('client-identity', 1, () => {
  const keys = identityFrom(nodePrimitives, new Uint8Array(32).fill(3));
  const made = unsafeIdentityText({ member: 7, name: 'Grüße', keys, authorityKey: keys.publicKey });
  return {
    samples: [utf8(made)],
    decode: (bytes: Uint8Array) => parseIdentity(nodePrimitives, text(bytes)),
    holds(read) {
      const again = parseIdentity(nodePrimitives, unsafeIdentityText(read));
      must(again.member === read.member && again.name === read.name, 'the identity that was written is another one');
    },
  };
});

const record = bytesTarget('coordinator-record', 1, () => ({
  samples: [
    { version: 1, task: 'toy', round: 3, modelHash: 'ab'.repeat(32), strategy: 'fedavg' },
    { version: 1, task: 'toy', round: 0, modelHash: '01'.repeat(32), strategy: 'fedadam', stateFile: 'toy.state' },
  ].map((saved) => utf8(JSON.stringify(saved))),
  decode: (bytes: Uint8Array) => recordFrom('toy.json', 'toy', bytes),
  holds: ({ stateFile, record: { task } }) =>
    must(task === 'toy' && !(stateFile ?? '').includes('/'), 'a record of another task, or a file elsewhere'),
}));

/** Files from disks and networks: models, data sets, identities, the coordinator's own records. */
export const fileTargets: readonly Target[] = [safetensors, images, labels, identity, record];
