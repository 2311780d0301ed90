import { readIdentity } from '../../client/index.ts';
import { demandsOf, type Plan, traceOf } from '../../inference/index.ts';
import {
  type AskerDealing,
  askerFrom,
  type AskerSource,
  askRows,
  type Asking,
  batchOf,
  countRows,
  type Offered,
  openPieces,
  parseServer,
  type PieceFile,
} from '../../inference/internal.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, EXIT, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { dealerAccess, isAddress } from './dealer-access.ts';
import { readInputs, type RowRange } from './inputs.ts';
import { costJson, costLine, planLine } from './plan-lines.ts';
import { rowJson, rowLine, summaryJson, summaryLine } from './prediction-lines.ts';
import { askerPrivacy, twoServerPrivacy } from './privacy-lines.ts';
import { reach } from './reach.ts';

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
 * Asks a model's owner, or its two servers, for the classes of rows.
 * @param urls one address, or two with server a first
 * @throws CairnError of the addresses, the input, the identity, the dealer's file and the session
 */
export async function predict(urls: readonly string[], flags: PredictFlags): Promise<number> {
  const { unsafePlainHttp, json = false } = flags;
  const servers = urls.map((url) => parseServer(url, 'address', unsafePlainHttp));
  if (servers.length > 1 && flags.dealer !== undefined) {
    throw new CairnError('usage', 'two servers need nothing of a dealer from the one who asks', {
      hint: 'leave --dealer out; the servers say which one they use',
    });
  }
  const source = new LateSource();
  if (flags.dealer !== undefined && isAddress(flags.dealer)) {
    source.set({ kind: 'url', url: parseServer(flags.dealer, '--dealer', unsafePlainHttp).address });
  }
  const identity = flags.identity === undefined ? undefined : await readIdentity(flags.identity);
  let asking: Asking | undefined;
  let file: PieceFile | undefined;
  const interrupted = onInterrupt(() => asking?.close());
  try {
    asking = await reach({ servers, identity, dealing: source, onReady: boundTeller() });
    if (interrupted.happened()) return EXIT.interrupted;
    const { offered } = asking;
    const values = await readInputs(flags.input, offered.plan, flags.rows);
    const count = countRows(offered.plan, values);
    if (servers.length === 1) {
      if (flags.dealer !== undefined && !source.known) {
        file = await piecesFor(flags.dealer, offered);
        source.set({ kind: 'file', file });
      }
      // Before anything is told: a dealer that does not fit is a mistake of the command line.
      source.next(offered.dealing);
    }
    tellBefore(
      offered,
      servers.map(({ address }) => address),
      count,
      json,
    );
    source.warn(offered);
    // Told as they come: a later batch may fail, and what was answered has been paid for.
    let told = 0;
    const answers = await askRows(asking, values, (answered, prediction) => {
      const first = (flags.rows?.first ?? 1) + told;
      tellRows(offered.plan, { prediction, count: answered - told, first }, json);
      told = answered;
      // On a terminal the rows themselves are the progress.
      if (answered < count && !process.stdout.isTTY) say(`${answered} of ${count} rows answered`);
    });
    if (json) data(printableJson(summaryJson(answers)));
    else say(summaryLine(answers));
    return EXIT.ok;
  } catch (thrown) {
    if (interrupted.happened()) return EXIT.interrupted;
    throw thrown;
  } finally {
    asking?.close();
    await file?.close();
    identity?.keys.secretKey.wipe();
    interrupted.stop();
  }
}

/** Says once, before anything of the input is used, how many rows are left of the owner's bound. */
function boundTeller(): (left: number | undefined) => void {
  let told = false;
  return (left) => {
    if (!told && left !== undefined) say(`the owner allows it; ${left} more rows are left of its bound`);
    told = true;
  };
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

  /** Whether it has been said. */
  get known(): boolean {
    return this.#source !== undefined;
  }

  set(source: AskerSource): void {
    this.#source = source;
  }

  /** Two names may be one dealer, but if they are not, both sides wait in vain. */
  warn({ dealing }: Offered): void {
    if (this.#source?.kind !== 'url' || dealing.kind !== 'url' || this.#source.url === dealing.url) return;
    say(printable(`the owner calls the dealer ${dealing.url}, you ${this.#source.url}: it must be the same one`));
  }

  next(offered: Parameters<AskerDealing['next']>[0]): number | null {
    return askerFrom(this.#source, dealerAccess()).next(offered);
  }

  take(request: Parameters<AskerDealing['take']>[0]): ReturnType<AskerDealing['take']> {
    return askerFrom(this.#source, dealerAccess()).take(request);
  }
}

function tellBefore(offered: Offered, addresses: readonly string[], rows: number, json: boolean): void {
  const { plan, planHash, name, maxBatch, access, dealing } = offered;
  const batch = batchOf(offered, rows);
  const randomness = dealing.kind === 'transfers' ? 'transfers' : 'dealer';
  if (json) {
    data(
      printableJson({
        ...{ kind: 'offer', urls: addresses, name, system: plan.system, planHash: toHex(planHash), ring: plan.bits },
        ...{ fraction: plan.fraction, reveal: plan.reveal, maxBatch, access, dealer: dealing.kind },
        ...{ inputShape: plan.inputShape, inputRange: plan.inputRange, rows, cost: costJson(plan, batch, randomness) },
      }),
    );
  }
  const two = addresses.length > 1;
  const lines = [
    `${name} at ${addresses.join(' and ')}: ${planLine(plan, planHash)}; ${inputText(plan)}`,
    ...(two ? twoServerPrivacy(plan) : askerPrivacy(plan)),
    ...(two ? [`the servers compute with ${dealingText(dealing)}`] : []),
    `${two ? 'between the servers, ' : ''}${costLine(plan, batch, randomness)}${rows > batch ? `; ${Math.ceil(rows / batch)} such batches` : ''}`,
  ];
  for (const line of lines) say(printable(line));
}

function dealingText(dealing: Offered['dealing']): string {
  if (dealing.kind === 'url') return `the dealer at ${dealing.url}`;
  return dealing.kind === 'file' ? 'files of a dealer' : 'oblivious transfers in place of a dealer';
}

type Asked = Parameters<NonNullable<Parameters<typeof askRows>[2]>>[1];

/** Answers of one batch, which may be filled up with more rows than were asked about. */
interface AnsweredBatch {
  readonly prediction: Pick<Asked, 'classes' | 'scores'>;
  /** Rows of it that were asked about. */
  readonly count: number;
  /** Place of the first in the input's file, from 1. */
  readonly first: number;
}

function tellRows(plan: Plan, { prediction, count, first }: AnsweredBatch, json: boolean): void {
  const { outputs } = traceOf(plan);
  for (const [at, index] of prediction.classes.subarray(0, count).entries()) {
    const scores = prediction.scores?.subarray(at * outputs, (at + 1) * outputs);
    const row = { row: first + at, class: index, scores, names: plan.classes };
    data(json ? printableJson(rowJson(row)) : printable(rowLine(row)));
  }
}

function inputText({ inputShape, inputRange: [low, high] }: Plan): string {
  return `inputs of ${inputShape.join(' × ')} values from ${low} to ${high}`;
}
