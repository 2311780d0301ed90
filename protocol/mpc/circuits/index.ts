/** Boolean circuits: how they are built, known ones, and how they are evaluated in the clear. */
export { CircuitBuilder, type Wire, type Word } from './builder.ts';
export { type Circuit, type CircuitInput, GATE, inputWires, wiresOf } from './circuit.ts';
export { evaluateCircuit } from './evaluate.ts';
export { rectifyCircuit, wrapCircuit } from './rectify.ts';
