/** A dealer’s files: made in pairs, one for each side, and used piece by piece, each once. */
export { describePieces } from './describe.ts';
export { makePieces, seedsPath } from './make.ts';
export { openPieces } from './open-pieces.ts';
export type { PieceFile } from './piece-file.ts';
