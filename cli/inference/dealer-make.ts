import { makePieces, seedsPath } from '../../inference/internal.ts';
import { demandsOf } from '../../inference/index.ts';
import { systemRandom, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { bytesText } from '../bytes-text.ts';
import { data, EXIT, live, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { planLine, questionCost } from './plan-lines.ts';
import { type PlanFlags, planModel } from './plan-model.ts';

/** What `cairn dealer make` is told. */
export interface MakeFlags extends PlanFlags {
  readonly model: string;
  readonly batch: number;
  readonly count: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Milliseconds between two updates of the progress, on a terminal and elsewhere. */
const OFTEN = 200;
const SELDOM = 10_000;

/**
 * Makes the two files of a pair.
 * @throws CairnError of planning and of `makePieces`
 */
export async function makeFiles(flags: MakeFlags): Promise<number> {
  const { model, batch, count, out } = flags;
  const planned = await planModel(model, flags);
  const { plan, hash } = planned;
  const demands = demandsOf(plan, batch);
  const { randomness } = questionCost(plan, batch);
  say(printable(`${planned.name}: ${planLine(plan, hash)}`));
  say(`${count} pieces for ${batch} row${batch === 1 ? '' : 's'} each: about ${bytesText(count * randomness)}`);
  const stopped = new CairnError('session-closed', 'interrupted: no file was made', { hint: 'start it again' });
  const interrupted = onInterrupt(() => undefined);
  const begun = performance.now();
  let last = begun;
  try {
    await makePieces({
      ...{ path: out, plan: hash, demands, batch, count, random: systemRandom },
      progress: (made) => {
        if (interrupted.happened()) throw stopped;
        const now = performance.now();
        if (now - last < (live.isLive ? OFTEN : SELDOM)) return;
        last = now;
        const text = progressText(made, count, now - begun);
        if (live.isLive) live.show(text);
        else say(text);
      },
    });
  } catch (thrown) {
    if (interrupted.happened()) return EXIT.interrupted;
    throw thrown;
  } finally {
    live.show('');
    interrupted.stop();
  }
  tellMade(flags, hash, (performance.now() - begun) / 1000);
  return EXIT.ok;
}

function progressText(made: number, count: number, ms: number): string {
  const left = Math.ceil((ms / made) * (count - made)) / 1000;
  return `${made} of ${count} pieces made, ${Math.ceil(left)} s left`;
}

function tellMade({ out, protocol, batch, count, json }: MakeFlags, hash: Uint8Array, seconds: number): void {
  const seeds = seedsPath(out);
  if (json === true) {
    const times = { seconds: Number(seconds.toFixed(3)) };
    data(
      printableJson({ kind: 'made', owner: out, asker: seeds, pieces: count, batch, planHash: toHex(hash), ...times }),
    );
  } else {
    data(out);
    data(seeds);
  }
  const [first, second] =
    protocol === 'secureml'
      ? ['server b: cairn serve --shares b.shares', 'server a: cairn serve --shares a.shares']
      : ['the model’s owner: cairn serve MODEL', 'the one asker: cairn predict URL'];
  say(printable(`${out} is for ${first} --dealer ${out}`));
  say(printable(`${seeds} is for ${second} --dealer ${seeds}`));
  say(
    'give each to its side over a channel that the other cannot read, and delete both here: who has both can read both sides’ secrets',
  );
}
