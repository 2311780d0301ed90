import {
  type Access,
  type Answered,
  describePieces,
  openPieces,
  type OwnerDealing,
  ownerFromDealer,
  ownerFromFile,
  QueryBudget,
  serveModel,
} from '../../inference/internal.ts';
import { demandsOf, type Plan } from '../../inference/index.ts';
import { systemRandom, toHex } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { canonicalAddress } from '../../protocol/wire/index.ts';
import { bytesText, megabytes } from '../bytes-text.ts';
import { data, EXIT, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { isAddress, serverAddress } from './address.ts';
import { dealerAccess } from './dealer-access.ts';
import { membersOf } from './member-directory.ts';
import { type ListenFlags, type OpenServer, readyServer } from './open-server.ts';
import { costJson, costLine, planLine } from './plan-lines.ts';
import { type PlanFlags, type PlannedModel, planModel, weightsOf } from './plan-model.ts';
import { ownerPrivacy } from './privacy-lines.ts';
import { TIMES } from './times.ts';

/** What `cairn serve MODEL` is told. */
export interface ServeFlags extends ListenFlags, PlanFlags {
  readonly dealer?: string;
  readonly name?: string;
  readonly maxBatch?: number;
  readonly maxQueries?: number;
  readonly maxQueriesPerDay?: number;
  readonly queries?: string;
  readonly directory?: string;
  readonly authorityKey?: string;
  readonly address?: string[];
  readonly json?: boolean;
}

/** Sessions at a time. */
const SESSIONS = 64;

/** Rows at a time, if neither a flag nor a dealer's file says. */
const ROWS = 128;

/**
 * Serves a model by Chameleon until it is interrupted.
 * @throws CairnError `usage` for flags that contradict each other, those of planning and of listening, and of the
 * dealer's file; what goes wrong in a session is said and does not end it
 */
export async function serve(path: string, flags: ServeFlags): Promise<number> {
  checkFlags(flags);
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const interrupted = onInterrupt(leave);
  const ending: (() => unknown)[] = [];
  try {
    const model = await planModel(path, flags);
    const source = await sourceOf(flags, model);
    ending.push(source.close);
    const name = flags.name ?? model.name;
    const ready = await readyServer(flags, `a model that answers privately: cairn predict asks it`);
    const members = flags.directory === undefined ? undefined : await membersOf(flags.directory, flags.authorityKey!);
    if (members !== undefined) ending.push(members.close);
    const { maxQueries: total, maxQueriesPerDay: perDay } = flags;
    const limits = { ...(total === undefined ? {} : { total }), ...(perDay === undefined ? {} : { perDay }) };
    const budget = await QueryBudget.open(limits, flags.queries);
    if (interrupted.happened()) return EXIT.interrupted;
    const open = await ready.listen();
    ending.push(open.close);
    const acceptor = serveModel({
      ...{ server: ready.server, name, plan: model.plan, layers: source.layers, maskSeed: source.maskSeed },
      ...{ dealing: source.dealing, access: members?.access ?? ({ kind: 'open' } satisfies Access) },
      addresses: flags.address?.map(canonicalAddress) ?? open.addresses,
      ...{ budget, maxBatch: source.maxBatch, maxSessions: SESSIONS },
      ...{ timeoutMs: TIMES.messageMs, idleMs: TIMES.idleMs },
      onAnswered: (answered) => tellAnswered(answered, flags.json === true),
      onFailed: (error) => tellFailed(error, flags.json === true),
    });
    ending.push(() => acceptor.close());
    tellStart(open, { name, model, flags, source });
    await left;
    return EXIT.interrupted;
  } finally {
    for (const end of ending.reverse()) await end();
    interrupted.stop();
  }
}

/** @throws CairnError `usage`, `config-invalid` */
function checkFlags(flags: ServeFlags): void {
  const usage = (message: string, hint: string): CairnError => new CairnError('usage', message, { hint });
  const { protocol, dealer, directory, authorityKey, address, host, queries, maxQueries, maxQueriesPerDay } = flags;
  if (protocol === 'secureml') {
    throw usage('secureml needs two servers with a share each, not one with the model', 'see cairn serve split --help');
  }
  if (dealer === undefined && protocol === 'chameleon') {
    throw usage(
      'chameleon computes with what a dealer deals, and none is named',
      'pass --dealer URL, or --dealer FILE',
    );
  }
  if ((directory === undefined) !== (authorityKey === undefined)) {
    throw usage('--directory and --authority-key must be used together', 'cairn enrol ls prints the key');
  }
  for (const one of address ?? []) serverAddress(one, true);
  if (directory !== undefined && address === undefined && ['0.0.0.0', '::'].includes(host)) {
    throw usage(
      `members sign the address that they ask, and --host ${host} does not say it`,
      'pass --address with the URL that members type, once for each',
    );
  }
  if (queries !== undefined && maxQueries === undefined && maxQueriesPerDay === undefined) {
    throw usage('--queries keeps account of bounds, and there are none', 'add --max-queries or --max-queries-per-day');
  }
}

interface Source {
  readonly dealing: OwnerDealing;
  readonly layers: ReturnType<typeof weightsOf>['layers'];
  readonly maskSeed: Uint8Array;
  readonly maxBatch: number;
  /** What to say of it. */
  readonly text: string;
  readonly close: () => Promise<void>;
}

/** Where the owner's randomness comes from: a dealer's address, or its file. */
async function sourceOf(flags: ServeFlags, model: PlannedModel): Promise<Source> {
  const { plan, hash } = model;
  const { layers, digest } = weightsOf(model);
  const { dealer = '', unsafePlainHttp } = flags;
  if (isAddress(dealer)) {
    const address = serverAddress(dealer, unsafePlainHttp);
    const maskSeed = systemRandom(32);
    const dealing = ownerFromDealer(address, { plan, maskSeed }, dealerAccess());
    const close = (): Promise<void> => Promise.resolve(void maskSeed.fill(0));
    const maxBatch = batchWithin(plan, flags.maxBatch);
    return { dealing, layers, maskSeed, maxBatch, text: `the dealer at ${address}`, close };
  }
  const { batch } = await describePieces(dealer);
  if (flags.maxBatch !== undefined && flags.maxBatch !== batch) {
    throw new CairnError('usage', `--max-batch ${flags.maxBatch}: pieces of ${dealer} serve ${batch} rows each`, {
      hint: 'leave --max-batch out, or have the dealer make another pair with --batch',
    });
  }
  const demands = demandsOf(plan, batch);
  const file = await openPieces(dealer, { plan: hash, batch, side: 'corrected', demands, model: digest });
  const text = `${dealer}, ${file.left} pieces of ${batch} row${batch === 1 ? '' : 's'} left`;
  const maskSeed = file.maskSeed?.expose() ?? new Uint8Array(32);
  return {
    ...{ dealing: ownerFromFile(file, batch), layers, maskSeed, maxBatch: batch, text },
    close: () => file.close(),
  };
}

/** Rows at a time: what was asked for, or as many of the default as the plan allows. */
function batchWithin(plan: Plan, asked: number | undefined): number {
  if (asked !== undefined) {
    try {
      demandsOf(plan, asked);
    } catch (thrown) {
      const cause = asCairnError(thrown);
      throw new CairnError('usage', `--max-batch ${asked}: ${cause.message}`, { cause, hint: 'choose a smaller one' });
    }
    return asked;
  }
  for (let rows = ROWS; ; rows /= 2) {
    try {
      demandsOf(plan, rows);
      return rows;
    } catch (thrown) {
      if (rows <= 1) throw thrown;
    }
  }
}

interface Start {
  readonly name: string;
  readonly model: PlannedModel;
  readonly flags: ServeFlags;
  readonly source: Source;
}

function tellStart({ url }: OpenServer, { name, model, flags, source }: Start): void {
  const { plan, hash, bounds } = model;
  const { maxBatch, text } = source;
  const batches = [...new Set([1, maxBatch])].filter((rows) => maxBatch === rows || flags.dealer !== text);
  if (flags.json === true) {
    data(
      printableJson({
        ...{ kind: 'serving', url, name, system: plan.system, planHash: toHex(hash), ring: plan.bits },
        ...{ fraction: plan.fraction, bounds, reveal: plan.reveal, maxBatch, dealer: text },
        ...{
          access: flags.directory === undefined ? 'open' : 'members',
          costs: batches.map((rows) => costJson(plan, rows)),
        },
      }),
    );
  }
  const lines = [
    `${name}: ${planLine(plan, hash)}; ${boundsText(bounds)}`,
    ...ownerPrivacy(plan),
    ...batches.map((rows) => costLine(plan, rows)),
    `randomness: ${text}`,
    boundText(flags),
    `listening on ${url}; ask with: cairn predict ${url} --dealer ${askerDealer(flags)} --input FILE`,
  ];
  for (const line of lines) say(printable(line));
}

function askerDealer({ dealer = '' }: ServeFlags): string {
  return isAddress(dealer) ? dealer : `${dealer}.seeds`;
}

function boundsText(bounds: PlannedModel['bounds']): string {
  return bounds === 'proven'
    ? 'no input in the model’s range overflows, as is proven from its weights'
    : 'no input like those of the calibration overflows; one far beyond them gets a wrong answer';
}

function boundText({ maxQueries, maxQueriesPerDay, queries, directory }: ServeFlags): string {
  const who = directory === undefined ? 'all who ask together' : 'each member';
  const parts = [
    ...(maxQueries === undefined ? [] : [`${maxQueries} rows in all`]),
    ...(maxQueriesPerDay === undefined ? [] : [`${maxQueriesPerDay} within 24 hours`]),
  ];
  if (parts.length === 0) return 'nothing bounds how many rows may be asked';
  const kept = queries === undefined ? '; counted until this process ends, with --queries FILE for good' : '';
  return `${who} may ask for ${parts.join(' and ')}${kept}`;
}

function tellAnswered(answered: Answered, json: boolean): void {
  const { who, batch, offlineMs, onlineMs, offline, online } = answered;
  const [before, after] = [offline, online].map((traffic) => traffic.sentBytes + traffic.receivedBytes);
  if (json) {
    const times = { offlineSeconds: seconds(offlineMs), onlineSeconds: seconds(onlineMs) };
    const sizes = { offlineMegabytes: megabytes(before!), onlineMegabytes: megabytes(after!) };
    data(printableJson({ kind: 'answered', who, rows: batch, ...times, ...sizes, trips: online.turns }));
    return;
  }
  const name = who.length > 16 ? `${who.slice(0, 16)}…` : who;
  const costs = `${ms(offlineMs)} and ${bytesText(before!)} beforehand, ${ms(onlineMs)} and ${bytesText(after!)} online`;
  data(printable(`answered ${batch} row${batch === 1 ? '' : 's'} for ${name}: ${costs}`));
}

function tellFailed({ code, message }: CairnError, json: boolean): void {
  if (json) data(printableJson({ kind: 'failed', code, message }));
  else say(printable(`a session ended without an answer: ${message} [${code}]`));
}

const ms = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
const seconds = (value: number): number => Number((value / 1000).toFixed(6));
