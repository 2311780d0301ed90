import { averagePool2d as average, maxPool2d as greatest } from '../operations/pooling.ts';
import { shapeError } from '../tape/shape.ts';
import type { Tensor } from '../tape/tape.ts';
import type { Layer } from './layer.ts';

function pooling(
  kind: string,
  pool: (x: Tensor, size: number, stride: number) => Tensor,
  size: number,
  stride: number,
): Layer {
  return {
    kind,
    build(inputShape) {
      const [channels, height, width] = inputShape as [number, number, number];
      const after = (extent: number): number => Math.floor((extent - size) / stride) + 1;
      if (inputShape.length !== 3 || !(after(height) >= 1 && after(width) >= 1))
        throw shapeError(kind, `an image at least as large as the window of ${size}×${size}`, inputShape);
      return {
        outputShape: [channels, after(height), after(width)],
        parameters: {},
        forward: (x) => pool(x, size, stride),
      };
    },
  };
}

/** Max pooling over windows of `size` × `size`, `stride` apart (by default they tile). */
export function maxPool2d(size: number, stride = size): Layer {
  return pooling('maxPool', greatest, size, stride);
}

/** Average pooling over windows of `size` × `size`, `stride` apart (by default they tile). */
export function averagePool2d(size: number, stride = size): Layer {
  return pooling('averagePool', average, size, stride);
}
