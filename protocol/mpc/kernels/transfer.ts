/** What assembly/transfer.ts exports; it describes them. */
export interface TransferKernels {
  prepareStreams(keys: number, streams: number, count: number): void;
  transposeBlock(from: number, stride: number, to: number): void;
  extendReceiver(
    streams: number,
    counter: number,
    choices: number,
    width: number,
    tile: number,
    message: number,
    rows: number,
  ): void;
  extendSender(
    streams: number,
    counter: number,
    delta: number,
    width: number,
    tile: number,
    message: number,
    rows: number,
  ): void;
  hashInputs(labels: number, count: number, blocks: number, offset: number, tweak: number, target: number): void;
  xorBlocks(target: number, source: number, blocks: number): void;
  packLowBits(blocks: number, bytes: number, target: number): void;
  choose32(values: number, elements: number, count: number, bit: number, target: number, first: number): void;
  choose64(values: number, elements: number, count: number, bit: number, target: number, first: number): void;
  offer32(
    map: number,
    weights: number,
    elements: number,
    count: number,
    bit: number,
    width: number,
    zeros: number,
    ones: number,
    padBytes: number,
    share: number,
    target: number,
  ): void;
  offer64(
    map: number,
    weights: number,
    elements: number,
    count: number,
    bit: number,
    width: number,
    zeros: number,
    ones: number,
    padBytes: number,
    share: number,
    target: number,
  ): void;
  accept32(
    map: number,
    elements: number,
    count: number,
    bit: number,
    width: number,
    pads: number,
    padBytes: number,
    choices: number,
    first: number,
    message: number,
    share: number,
  ): void;
  accept64(
    map: number,
    elements: number,
    count: number,
    bit: number,
    width: number,
    pads: number,
    padBytes: number,
    choices: number,
    first: number,
    message: number,
    share: number,
  ): void;
}
