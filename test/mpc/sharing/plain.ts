import { convolvedSize, type LinearMap, mapSizes } from '../../../protocol/mpc/sharing/linear-map.ts';

/** A linear map by its definition, on integers without bounds. */
export function plainMap(
  map: LinearMap,
  weights: readonly bigint[],
  x: readonly bigint[],
  batch: number,
): readonly bigint[] {
  const { inputs } = mapSizes(map);
  return Array.from({ length: batch }, (_, b) => plainOne(map, weights, x.slice(b * inputs, (b + 1) * inputs))).flat();
}

function plainOne(map: LinearMap, weights: readonly bigint[], x: readonly bigint[]): bigint[] {
  const sum = (terms: readonly bigint[]): bigint => terms.reduce((total, term) => total + term, 0n);
  if (map.kind === 'dense') {
    return Array.from({ length: map.outputs }, (_, o) =>
      sum(x.map((value, i) => value * weights[i * map.outputs + o]!)),
    );
  }
  const { channels, height, width, filters, size, stride, padding } = map;
  const [rows, columns] = convolvedSize(map);
  const out: bigint[] = [];
  for (let f = 0; f < filters; f++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let total = 0n;
        for (let c = 0; c < channels; c++) {
          for (let ky = 0; ky < size; ky++) {
            for (let kx = 0; kx < size; kx++) {
              const y = row * stride + ky - padding;
              const z = column * stride + kx - padding;
              if (y < 0 || y >= height || z < 0 || z >= width) continue;
              total += weights[((f * channels + c) * size + ky) * size + kx]! * x[(c * height + y) * width + z]!;
            }
          }
        }
        out.push(total);
      }
    }
  }
  return out;
}
