import { CairnError } from '../../protocol/errors.ts';

/** Extents of a tensor, outermost first; a scalar has the shape []. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Whether two shapes are the same, extent by extent. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** A shape as shown in messages: `32×784`, or `scalar`. */
function describeShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** The error for shapes that do not fit: names the operation, what it expected and what it got. */
export function shapeError(operation: string, expected: string, ...got: Shape[]): CairnError {
  return new CairnError(
    'tensor-shape',
    `${operation}: expected ${expected}, got ${got.map(describeShape).join(' and ')}`,
  );
}
