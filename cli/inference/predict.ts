import type { Plan } from '../../inference/index.ts';
import { demandsOf, traceOf } from '../../inference/index.ts';
import {
  ASK_PATH,
  Asker,
  type AskerDealing,
  askerFrom,
  askerSide,
  type AskerSource,
  askRows,
  batchOf,
  countRows,
  dial,
  nodeTools,
  type Offered,
  openPieces,
  type PieceFile,
} from '../../inference/internal.ts';
import { readIdentity } from '../../client/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, EXIT, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { isAddress, serverAddress, socketUrl } from './address.ts';
import { dealerAccess } from './dealer-access.ts';
import { readInputs, type RowRange } from './inputs.ts';
import { costJson, costLine, planLine } from './plan-lines.ts';
import { rowJson, rowLine, summaryJson, summaryLine } from './prediction-lines.ts';
import { askerPrivacy } from './privacy-lines.ts';
import { TIMES } from './times.ts';

/** What `cairn predict` is told. */
export interface PredictFlags {
  readonly dealer?: string;
  readonly input: string;
  readonly rows?: RowRange;
  readonly identity?: string;
  readonly unsafePlainHttp?: boolean;
  readonly json?: boolean;
}

/**
 * Asks one server for the classes of rows.
 * @throws CairnError of the address, the input, the identity, the dealer's file and the session
 */
export async function predict(url: string, flags: PredictFlags): Promise<number> {
  const { unsafePlainHttp, json = false } = flags;
  const address = serverAddress(url, unsafePlainHttp);
  const dealer =
    flags.dealer !== undefined && isAddress(flags.dealer) ? serverAddress(flags.dealer, unsafePlainHttp) : undefined;
  const identity = flags.identity === undefined ? undefined : await readIdentity(flags.identity);
  const source = new LateSource();
  let asker: Asker | undefined;
  let file: PieceFile | undefined;
  const interrupted = onInterrupt(() => asker?.close());
  try {
    const channel = await dial(socketUrl(address, ASK_PATH), TIMES.connectMs);
    asker = await Asker.open(channel, {
      ...{ address, side: askerSide, dealing: source, tools: nodeTools(TIMES.messageMs, TIMES.idleMs) },
      ...(identity === undefined ? {} : { identity: { member: identity.member, keys: identity.keys } }),
    });
    if (interrupted.happened()) return EXIT.interrupted;
    const { offered } = asker;
    const values = await readInputs(flags.input, offered.plan, flags.rows);
    const count = countRows(offered.plan, values);
    if (dealer !== undefined) source.set({ kind: 'url', url: dealer });
    else if (flags.dealer !== undefined) {
      file = await piecesFor(flags.dealer, offered);
      source.set({ kind: 'file', file });
    }
    // Before anything is told: a dealer that does not fit is a mistake of the command line.
    source.next(offered.dealing);
    tellBefore(offered, address, count, json);
    const answers = await askRows(asker, values, (answered) => {
      if (answered < count) say(`${answered} of ${count} rows answered`);
    });
    const first = flags.rows?.first ?? 1;
    const { outputs } = traceOf(offered.plan);
    for (let at = 0; at < count; at++) {
      const scores = answers.scores?.subarray(at * outputs, (at + 1) * outputs);
      const row = { row: first + at, class: answers.classes[at]!, scores, names: offered.plan.classes };
      data(json ? printableJson(rowJson(row)) : printable(rowLine(row)));
    }
    if (json) data(printableJson(summaryJson(answers)));
    else say(summaryLine(answers));
    return EXIT.ok;
  } catch (thrown) {
    if (interrupted.happened()) return EXIT.interrupted;
    throw thrown;
  } finally {
    asker?.close();
    await file?.close();
    identity?.keys.secretKey.wipe();
    interrupted.stop();
  }
}

/** Opens the asker's file for what the owner offers. @throws CairnError `dealt-mismatch` if the owner has no file */
async function piecesFor(path: string, { plan, planHash, dealing }: Offered): Promise<PieceFile> {
  if (dealing.kind !== 'file') {
    const text = dealing.kind === 'url' ? `asks the dealer at ${dealing.url}` : 'needs no dealer';
    throw new CairnError('dealt-mismatch', `the owner ${text}, and this side has a dealer’s file`, {
      hint: 'name the same source as the owner',
    });
  }
  const { batch } = dealing;
  return openPieces(path, { plan: planHash, batch, side: 'seeded', demands: demandsOf(plan, batch) });
}

/** The asker's randomness, which is known only once the owner has said what it computes. */
class LateSource implements AskerDealing {
  #source: AskerSource | undefined;

  set(source: AskerSource): void {
    this.#source = source;
  }

  next(offered: Parameters<AskerDealing['next']>[0]): number | null {
    return askerFrom(this.#source, dealerAccess()).next(offered);
  }

  take(request: Parameters<AskerDealing['take']>[0]): ReturnType<AskerDealing['take']> {
    return askerFrom(this.#source, dealerAccess()).take(request);
  }
}

function tellBefore(offered: Offered, address: string, rows: number, json: boolean): void {
  const { plan, planHash, name, maxBatch, access, dealing } = offered;
  const batch = batchOf(offered, rows);
  if (json) {
    data(
      printableJson({
        ...{ kind: 'offer', url: address, name, system: plan.system, planHash: toHex(planHash), ring: plan.bits },
        ...{ fraction: plan.fraction, reveal: plan.reveal, maxBatch, access, dealer: dealing.kind },
        ...{ inputShape: plan.inputShape, inputRange: plan.inputRange, rows, cost: costJson(plan, batch) },
      }),
    );
  }
  const lines = [
    `${name} at ${address}: ${planLine(plan, planHash)}; ${inputText(plan)}`,
    ...askerPrivacy(plan),
    `${costLine(plan, batch)}${rows > batch ? `; ${Math.ceil(rows / batch)} such batches` : ''}`,
  ];
  for (const line of lines) say(printable(line));
}

function inputText({ inputShape, inputRange: [low, high] }: Plan): string {
  return `inputs of ${inputShape.join(' × ')} values from ${low} to ${high}`;
}
