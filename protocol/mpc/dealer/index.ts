/** Correlated randomness from a dealer: demands, what each side holds, and what the dealer tells the corrected one. */
export { correctionBytes, pieceCorrectionBytes, SEED_BYTES } from './demand.ts';
export { corrections, correctedSide, seededSide } from './piece.ts';
export type {
  AndDemand,
  AndTriples,
  CarryShares,
  Correlations,
  Demand,
  DemandKind,
  DemandOf,
  LinearDemand,
  LinearPart,
  Parts,
  RectifyDemand,
  RectifyPart,
  Side,
  SquareDemand,
  SquarePart,
  TransferDemand,
  TransferPart,
  WrapDemand,
  WrapPart,
} from './types.ts';
export { type MaskSeeds, weightMask, WeightMasks } from './weight-masks.ts';
