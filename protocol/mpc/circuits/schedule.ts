import { type Circuit, GATE, inputWires } from './circuit.ts';

/** Gates that are computed one after the other, on slots. Those of kind NOT have their operand twice. */
export interface FreeGates {
  /** `GATE.xor` or `GATE.not` of each. */
  readonly kinds: Uint8Array;
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** Slots of the results; a gate's own operand may be overwritten by its result. */
  readonly target: Uint32Array;
}

/** AND gates of one level, which do not depend on each other: in GMW one round, in garbling one call of the cipher. */
export interface AndGates {
  /** Position of the first among all ANDs of the circuit in the schedule's order; the others follow. */
  readonly first: number;
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** Slots of the results. None is read by a gate of the same level, so results may be written in any order. */
  readonly target: Uint32Array;
}

/** Free gates, and then the ANDs of one level. In the last step there are no ANDs. */
export interface ScheduleStep {
  readonly free: FreeGates;
  readonly ands: AndGates;
}

/**
 * How a circuit is run level by level in little memory: values live in slots, which are used again once nothing needs
 * what they hold. Both parties derive it from the circuit, so it also fixes the order of the ANDs.
 */
export interface Schedule {
  /** Number of slots: the most values that are alive at once, and no fewer than the inputs. */
  readonly slots: number;
  /** Number of inputs; input wire i is in slot i before the first step. */
  readonly inputs: number;
  /** As many as the circuit's depth and one more. */
  readonly steps: readonly ScheduleStep[];
  /** Slots of the outputs after the last step. */
  readonly outputs: Uint32Array;
}

const computed = new WeakMap<Circuit, Schedule>();

/** The schedule of a circuit; it is computed once. */
export function scheduleOf(circuit: Circuit): Schedule {
  let schedule = computed.get(circuit);
  if (schedule === undefined) {
    schedule = makeSchedule(circuit);
    computed.set(circuit, schedule);
  }
  return schedule;
}

function makeSchedule(circuit: Circuit): Schedule {
  const { kinds, left, right, outputs } = circuit;
  const inputs = inputWires(circuit);
  const levels = levelsOf(circuit, inputs);
  const slots = new Slots(circuit, inputs);
  let first = 0;
  const steps = levels.map(({ free, ands }) => {
    const freeSlots = free.map((gate) => {
      const operands = [slots.of(left[gate]!), slots.of(right[gate]!)] as const;
      slots.used(left[gate]!);
      slots.used(right[gate]!);
      return [...operands, slots.take(inputs + gate)] as const;
    });
    // Operands of ANDs are given up only after all results of the level have their slots.
    const andSlots = ands.map((gate) => {
      return [slots.of(left[gate]!), slots.of(right[gate]!), slots.take(inputs + gate)] as const;
    });
    for (const gate of ands) {
      slots.used(left[gate]!);
      slots.used(right[gate]!);
    }
    const step = {
      free: { kinds: Uint8Array.from(free, (gate) => kinds[gate]!), ...columns(freeSlots) },
      ands: { first, ...columns(andSlots) },
    };
    first += ands.length;
    return step;
  });
  return { slots: slots.count, inputs, steps, outputs: outputs.map((wire) => slots.of(wire)) };
}

/** For each level the free gates whose operands are known after that many ANDs in a row, and the ANDs of the next. */
function levelsOf({ kinds, left, right, wires, depth }: Circuit, inputs: number): { free: number[]; ands: number[] }[] {
  const levels = Array.from({ length: depth + 1 }, () => ({ free: [] as number[], ands: [] as number[] }));
  const depths = new Uint32Array(wires);
  for (let gate = 0; gate < kinds.length; gate++) {
    const level = Math.max(depths[left[gate]!]!, depths[right[gate]!]!);
    const isAnd = kinds[gate] === GATE.and;
    depths[inputs + gate] = level + (isAnd ? 1 : 0);
    levels[level]![isAnd ? 'ands' : 'free'].push(gate);
  }
  return levels;
}

function columns(gates: readonly (readonly [number, number, number])[]) {
  return {
    left: Uint32Array.from(gates, ([left]) => left),
    right: Uint32Array.from(gates, ([, right]) => right),
    target: Uint32Array.from(gates, ([, , target]) => target),
  };
}

/** Which slot each wire is in, and which slots are unused. */
class Slots {
  count: number;
  readonly #slots: Uint32Array;
  /** How often each wire is still read; outputs are read once more, at the end. */
  readonly #reads: Uint32Array;
  readonly #unused: number[] = [];

  constructor({ wires, left, right, outputs }: Circuit, inputs: number) {
    this.count = inputs;
    this.#slots = new Uint32Array(wires);
    this.#reads = new Uint32Array(wires);
    for (const operands of [left, right, outputs]) for (const wire of operands) this.#reads[wire]!++;
    for (let wire = 0; wire < inputs; wire++) {
      this.#slots[wire] = wire;
      if (this.#reads[wire] === 0) this.#unused.push(wire);
    }
  }

  of(wire: number): number {
    return this.#slots[wire]!;
  }

  take(wire: number): number {
    return (this.#slots[wire] = this.#unused.pop() ?? this.count++);
  }

  used(wire: number): void {
    if (--this.#reads[wire]! === 0) this.#unused.push(this.#slots[wire]!);
  }
}
