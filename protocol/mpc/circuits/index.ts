/** Boolean circuits: how they are built, known ones, how they are evaluated in the clear, and how they are scheduled. */
export { add, carryOut, subtract } from './add.ts';
export { CircuitBuilder, type Wire, type Word } from './builder.ts';
export { type Circuit, type CircuitInput, GATE, inputWires, wiresOf } from './circuit.ts';
export { argmaxOf, less, max, maxOf, relu, type Sign } from './compare.ts';
export { divideByConstant } from './divide.ts';
export { evaluateCircuit } from './evaluate.ts';
export { multiply, multiplyConstant, multiplyFixed } from './multiply.ts';
export {
  type LinearPiece,
  type Pieces,
  piecewiseValue,
  type SigmoidPieces,
  sigmoidPieces,
  tanhPieces,
} from './pieces.ts';
export { piecewiseLinear } from './piecewise.ts';
export { rectifyCircuit, wrapCircuit } from './rectify.ts';
export { type AndGates, type FreeGates, type Schedule, scheduleOf, type ScheduleStep } from './schedule.ts';
export { sharedArgmax, sharedMax, type SharedMaxOptions, sharedPiecewise, sharedRelu } from './shared.ts';
export { select, type Shape } from './words.ts';
