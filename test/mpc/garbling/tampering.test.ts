import { describe, expect, it } from 'vitest';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { rectifyCircuit, type Circuit } from '../../../protocol/mpc/circuits/index.ts';
import { evaluatorPrepare, garble } from '../../../protocol/mpc/garbling/index.ts';
import { zeroSlices } from '../../../protocol/mpc/slices.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { codeOf } from '../../support/thrown.ts';
import { type Case, dealtTransfers, prgOf, randomInputs, runGarbling } from './support/parties.ts';

const circuit = rectifyCircuit(8, 3);
const LANES = 4;
const inputs = randomInputs(prgOf(5), circuit, LANES);

const flip = (message: Uint8Array, at: number): void => {
  message[at]! ^= 1 << (at % 8);
};

describe.each(['half-gates', 'three-halves'] as const)('altered messages of a circuit garbled by %s', (scheme) => {
  const run = (more: Partial<Case>): unknown => runGarbling({ circuit, inputs, scheme, ...more });

  it('are refused as garbage: tables, on any run of bytes', () => {
    for (let at = 16; at < 16 + 32 * 8; at += 5) {
      expect(
        codeOf(() =>
          run({
            tamper: (to, number, message) => {
              // Whether an altered row is used depends on colours; the whole rest of the message is used in any case.
              if (to === 'evaluator' && number === 0) for (let i = at; i < message.length; i++) flip(message, i);
            },
          }),
        ),
      ).toBe('garbled-output');
    }
  });

  it('are refused as garbage: the key of the tables', () => {
    const tamper: Case['tamper'] = (to, number, message) => {
      if (to === 'evaluator' && number === 0) flip(message, 3);
    };
    expect(codeOf(() => run({ tamper }))).toBe('garbled-output');
  });

  it('never crash either party: a byte anywhere either makes garbage or was not needed', () => {
    let refused = 0;
    for (let at = 0; at < 200; at++) {
      try {
        run({
          seed: at,
          tamper: (to, number, message) => {
            if (to === 'evaluator' && number === at % 3) flip(message, (7 * at) % message.length);
          },
        });
      } catch (thrown) {
        expect(
          codeOf(() => {
            throw thrown;
          }),
        ).toBe('garbled-output');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });

  it('are refused as garbage: a colour or any other bit that the evaluator returns', () => {
    for (let bit = 0; bit < 16; bit++) {
      const tamper: Case['tamper'] = (to, number, message) => {
        if (to === 'garbler' && number === 1) message[bit >> 3]! ^= 1 << (bit & 7);
      };
      expect(codeOf(() => run({ tamper, reveal: 'garbler' }))).toBe('garbled-output');
    }
  });

  it('are refused as garbage: the rows that the evaluator decodes by, if it uses them', () => {
    let refused = 0;
    for (let at = 0; at < 4 * LANES * 3; at++) {
      const tamper: Case['tamper'] = (to, number, message) => {
        if (to === 'evaluator' && number === 2) message[at]! ^= 0x40;
      };
      try {
        run({ tamper, reveal: 'evaluator' });
      } catch (thrown) {
        expect(
          codeOf(() => {
            throw thrown;
          }),
        ).toBe('garbled-output');
        refused++;
      }
    }
    // Of the two rows of each output one is used.
    expect(refused).toBe((4 * LANES * 3) / 2);
  });

  it('are refused for their length by whoever runs the parties, and by the evaluator’s bits when padding is set', () => {
    const tamper: Case['tamper'] = (to, number, message) => {
      if (to === 'garbler' && number === 0) message[0]! |= 0x80;
    };
    expect(codeOf(() => run({ tamper }))).toBe('wire-not-canonical');
  });
});

describe('another circuit', () => {
  it('of the same size is refused, even if it differs in free gates alone', () => {
    const gate = circuit.kinds.indexOf(0);
    const kinds = circuit.kinds.slice();
    kinds[gate] = 2;
    const other: Circuit = {
      ...circuit,
      kinds,
      right: circuit.right.map((wire, at) => (at === gate ? circuit.left[at]! : wire)),
    };
    expect(codeOf(() => runGarbling({ circuit, inputs, evaluators: other }))).toBe('garbled-output');
  });

  it('is refused even if its tables evaluate as well: a gate that no output needs', () => {
    const extra = (wire: number): Circuit => ({
      ...circuit,
      wires: circuit.wires + 1,
      kinds: Uint8Array.from([...circuit.kinds, 0]),
      left: Uint32Array.from([...circuit.left, wire]),
      right: Uint32Array.from([...circuit.right, wire]),
    });
    runGarbling({ circuit: extra(0), evaluators: extra(0), inputs });
    expect(codeOf(() => runGarbling({ circuit: extra(0), evaluators: extra(1), inputs }))).toBe('garbled-output');
  });
});

describe('a garbling is refused before anything is sent', () => {
  const [sender, receiver] = dealtTransfers(prgOf(1), 8 * LANES);
  const start = (lanes: number, change: object): string =>
    codeOf(() =>
      runPair(
        garble(circuit, lanes, { transfers: { ...sender, ...change }, prg: prgOf(2) }),
        evaluatorPrepare(circuit, LANES, { transfers: receiver, own: zeroSlices(8, LANES) }),
        nodePermutation,
      ),
    );

  it('with other numbers of transfers, of rows or of lanes', () => {
    expect(start(LANES, { zeros: sender.zeros.subarray(16) })).toBe('wire-bounds');
    for (const lanes of [0, -1, 1.5, 2 ** 25]) expect(start(lanes, {})).toBe('wire-bounds');
    const prepare = (rows: number, lanes: number): string =>
      codeOf(() => evaluatorPrepare(circuit, LANES, { transfers: receiver, own: zeroSlices(rows, lanes) }).next());
    expect(prepare(7, LANES)).toBe('wire-bounds');
    expect(prepare(8, LANES + 1)).toBe('wire-bounds');
  });

  it('with a delta of colour 0, by which two labels of a wire would have the same colour', () => {
    expect(start(LANES, { delta: sender.delta.map((byte, at) => (at === 0 ? byte & 0xfe : byte)) })).toBe(
      'wire-bounds',
    );
  });
});
