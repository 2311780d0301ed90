/**
 * Bounds on what a network or a plan may have. A plan comes from the other side, so everything that memory or time
 * depends on has a bound; networks are held to the same ones, so that no plan is made that would be refused.
 */
export const NETWORK_LIMITS = {
  /** Layers of a network. */
  layers: 128,
  /** Steps of a plan: a layer has two at most, and one reveals. */
  steps: 257,
  /** Channels, or values of a vector. */
  extent: 2 ** 20,
  /** Height and width of an image, and size and stride of a window. */
  side: 4096,
  /** Values of any layer's input or output, for one example. */
  values: 2 ** 22,
  /** Weights of one layer. */
  weights: 2 ** 26,
  /** Weights of all layers: masks of all of them are held at once. */
  allWeights: 2 ** 28,
  /** Products of all linear layers, for one example. */
  products: 2 ** 32,
  /** Values of all windows of a pool, those that overlap counted again, for one example. */
  windows: 2 ** 24,
  /** Values that an argmax compares: its circuit has all of them. */
  compared: 4096,
  /** Classes whose names are listed, and bytes of a name in UTF-8. */
  classes: 65_535,
  className: 128,
  /** Values of any layer for all examples that are answered at once. */
  batchValues: 2 ** 24,
  /** Bytes of what is dealt for all steps together, for all examples that are answered at once. */
  pieceBytes: 2 ** 30,
  /** Examples that are answered at once. */
  batch: 2 ** 16,
} as const;
