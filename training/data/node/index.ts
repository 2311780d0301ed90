/** What other parts may import from training/data/node/. */
export { loadCsv, parseCsv, parseNumbers } from './csv.ts';
export { type EmnistOptions, type EmnistSplit, loadEmnist } from './emnist.ts';
export { type ExampleChoice, type IdxOptions, loadIdx, loadIdxValues } from './idx.ts';
export { type MnistOptions, type MnistPart, loadMnist, loadMnistLabels } from './mnist.ts';
