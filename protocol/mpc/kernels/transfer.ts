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
  readonly choose32: Choose;
  readonly choose64: Choose;
  readonly offer32: Offer;
  readonly offer64: Offer;
  readonly accept32: Accept;
  readonly accept64: Accept;
}

type Choose = (values: number, elements: number, count: number, bit: number, target: number, first: number) => void;

type Offer = (
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
) => void;

type Accept = (
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
) => void;
