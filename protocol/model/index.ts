/** What other parts may import from protocol/model/. */
export { toFloats, widthOf } from './elements.ts';
export { type NamedTensors, ParameterLayout, type Shapes } from './layout.ts';
export { type ModelExtras, type ModelFrame, emptyFile, maxBesideValues, modelFrame } from './safetensors-frame.ts';
export { type ModelPlan, PREFIX, type PlannedTensor, headerLengthOf, planOf } from './safetensors-plan.ts';
export {
  type DecodedModel,
  type ReadTensor,
  decodeSafetensors,
  encodeSafetensors,
  modelOf,
  safetensorsParts,
} from './safetensors.ts';
export { stampMetadata, stampedModel, unstamped } from './stamp.ts';
export { untrainedNames, untrainedRanges } from './untrained.ts';
