import type { OnnxNode } from './messages.ts';
import { unsupportedNode } from './constants.ts';

/** A square window, as a convolution or a pool has it. */
export interface OnnxWindow {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** The one number that all of a list are; `fallback` for an empty list. */
function only(node: OnnxNode, name: string, fallback: number): number {
  const list = node.attributes.get(name)?.integers ?? [];
  const [first = fallback] = list;
  if (list.some((value) => value !== first)) {
    unsupportedNode(
      node,
      `its ${name} are ${list.join(', ')}; they must be the same for rows and columns, and on all sides`,
    );
  }
  return first;
}

/** Padding that an `auto_pad` of SAME asks for: outputs as many as inputs divided by the stride, rounded up. */
function samePadding(node: OnnxNode, size: number, stride: number, height: number, width: number): number {
  const totals = [height, width].map((extent) =>
    Math.max(0, (Math.ceil(extent / stride) - 1) * stride + size - extent),
  );
  const [total = 0] = totals;
  if (totals.some((other) => other !== total) || total % 2 !== 0) {
    unsupportedNode(node, 'its padding is not the same on all sides');
  }
  return total / 2;
}

/**
 * The window of a Conv, MaxPool or AveragePool.
 * @param image height and width of its input
 * @param kernel size by its weights; undefined for a pool, which names it
 * @throws CairnError `network-unsupported` naming the node and what it has: windows that are not square, dilations, groups
 */
export function windowOf(
  node: OnnxNode,
  [height, width]: readonly [height: number, width: number],
  kernel: number | undefined,
): OnnxWindow {
  const size = only(node, 'kernel_shape', kernel ?? 0);
  if (size < 1 || (kernel !== undefined && size !== kernel)) unsupportedNode(node, 'its kernel_shape does not fit');
  if (only(node, 'dilations', 1) !== 1) unsupportedNode(node, 'it has dilations; its window must be without gaps');
  const group = node.attributes.get('group')?.integer ?? 1;
  if (group !== 1) unsupportedNode(node, `it has ${group} groups; there must be one`);
  if ((node.attributes.get('ceil_mode')?.integer ?? 0) !== 0) unsupportedNode(node, 'it rounds sizes up (ceil_mode)');
  const stride = only(node, 'strides', 1);
  if (stride < 1) unsupportedNode(node, `it has a stride of ${stride}`);
  const auto = node.attributes.get('auto_pad')?.text ?? 'NOTSET';
  if (auto === 'NOTSET') return { size, stride, padding: only(node, 'pads', 0) };
  if (auto === 'VALID') return { size, stride, padding: 0 };
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') unsupportedNode(node, `it has an auto_pad of ${auto}`);
  return { size, stride, padding: samePadding(node, size, stride, height, width) };
}
