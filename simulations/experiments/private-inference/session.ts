import { decodePlan, type Plan } from '../../../inference/index.ts';
import { joinAnswer, shareInputs, splitLayers } from '../../../inference/internal.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import type { Words } from '../../../protocol/mpc/sharing/index.ts';
import { median } from '../../laboratory/statistics.ts';
import { type Compiled, fixedInputs } from './clear.ts';
import { Child } from './processes/child.ts';
import { DEAL_PATH, type OnlineResult, type Party, type Phase, SIDE_PATH } from './processes/messages.ts';
import type { Line } from './settings.ts';

/** What a batch took on one connection. */
export interface BatchResult {
  readonly offline: Phase;
  readonly online: Phase;
  /** From the dealer to both sides. */
  readonly dealtBytes: number;
  readonly classes: Uint32Array;
  readonly peakMegabytes: number;
}

/** Bytes of a seed and of a session's id. */
const [SEED, SESSION] = [32, 16];

/** Two processes that compute with each other over a line, and a dealer beyond lines of its own. */
export class Session {
  readonly #system: Compiled['system'];
  readonly #plan: Plan;
  readonly #children: readonly Child[];
  /** The side that is connected to, and the one that connects and whose figures count. */
  readonly #listener: Child;
  readonly #dialler: Child;
  /** What the connection took before any batch. */
  readonly setup: Phase;

  private constructor(compiled: Compiled, children: readonly Child[], setup: Phase) {
    this.#system = compiled.system;
    this.#plan = decodePlan(compiled.plan);
    this.#children = children;
    [this.#listener, this.#dialler] = children as [Child, Child];
    this.setup = setup;
  }

  /**
   * Starts both sides and connects them.
   * @param dealer the port of the dealer
   * @throws CairnError what a process throws, or `inference-ended`; no process is left then
   */
  static async open(compiled: Compiled, line: Line, dealer: number): Promise<Session> {
    const children: Child[] = [];
    const start = (name: string): Child => {
      const child = new Child(name);
      children.push(child);
      return child;
    };
    try {
      const [listener, dialler] = [start('the listening side'), start('the connecting side')];
      const shaped = async (target: number): Promise<number> => {
        const { roundTripMs, megabytesPerSecond } = line;
        if (megabytesPerSecond === null) return target;
        return await (relay ??= start('the line')).call('shape', { target, roundTripMs, megabytesPerSecond });
      };
      let relay: Child | undefined;
      const place = { plan: compiled.plan, dealer: `ws://127.0.0.1:${await shaped(dealer)}${DEAL_PATH}` };
      const [listening, dialling] = partiesOf(compiled);
      const port = await shaped(await listener.call('listen', { ...place, party: listening }));
      await dialler.call('dial', { ...place, party: dialling, url: `ws://127.0.0.1:${port}${SIDE_PATH}` });
      const [, setup] = await Promise.all([listener.call('setup', {}), dialler.call('setup', {})]);
      return new Session(compiled, children, setup);
    } catch (thrown) {
      for (const child of children) child.end();
      throw thrown;
    }
  }

  /** Answers a batch of images. @throws CairnError as {@link Session.open} does */
  async answer(images: Float32Array, batch: number): Promise<BatchResult> {
    const session = systemRandom(SESSION);
    const [listener, dialler] = [this.#listener, this.#dialler];
    const prepared = await Promise.all([
      listener.call('offline', { batch, session }),
      dialler.call('offline', { batch, session }),
    ]);
    const [first, second] = this.#inputs(images);
    await Promise.all([listener.call('input', { values: first }), dialler.call('input', { values: second })]);
    // The connecting side's time counts, so the other one is told first.
    const [other, own] = await Promise.all([listener.call('online', {}), dialler.call('online', {})]);
    return {
      offline: prepared[1],
      online: own.phase,
      dealtBytes: prepared[0].dealtBytes + prepared[1].dealtBytes,
      classes: this.#classes(batch, own, other),
      peakMegabytes: Math.max(own.peakMegabytes, other.peakMegabytes),
    };
  }

  /** Ends all processes. */
  close(): void {
    for (const child of this.#children) child.end();
  }

  /** What the listening and the connecting side put in. */
  #inputs(images: Float32Array): readonly [Uint8Array | undefined, Words | Uint8Array] {
    const inputs = fixedInputs(this.#plan, images);
    if (this.#system === 'chameleon') return [undefined, inputs];
    const [a, b] = shareInputs(this.#plan, inputs, systemRandom);
    return [b, a];
  }

  #classes(batch: number, own: OnlineResult, other: OnlineResult): Uint32Array {
    if (this.#system === 'chameleon') return own.outcome as Uint32Array;
    const answer = joinAnswer(this.#plan, batch, own.outcome as Uint8Array, other.outcome as Uint8Array);
    return answer.classes;
  }
}

/** The listening and the connecting side. The connecting one is who asks, or server a: the dealer's seeded side. */
function partiesOf({ system, plan: encoded, layers }: Compiled): readonly [Party, Party] {
  const maskSeed = systemRandom(SEED);
  if (system === 'chameleon') {
    return [
      { system, role: 'owner', layers, maskSeed },
      { system, role: 'asker' },
    ];
  }
  const [a, b] = splitLayers(decodePlan(encoded), layers, systemRandom);
  return [
    { system, role: 'b', layers: b, maskSeed },
    { system, role: 'a', layers: a, maskSeed: systemRandom(SEED) },
  ];
}

/** The median of each figure of some phases, at least one. */
export function medianPhase(phases: readonly Phase[]): Phase {
  const over = (of: (phase: Phase) => number): number => median(phases.map(of));
  return {
    seconds: over(({ seconds }) => seconds),
    sentBytes: over(({ sentBytes }) => sentBytes),
    receivedBytes: over(({ receivedBytes }) => receivedBytes),
    turns: over(({ turns }) => turns),
    dealtBytes: over(({ dealtBytes }) => dealtBytes),
  };
}
