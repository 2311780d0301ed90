import { demandsOf, planHash } from '../../inference/index.ts';
import {
  dial,
  halfFromDealer,
  halfFromFile,
  halfFromTransfers,
  LINK_PATH,
  type ModelHalf,
  openPieces,
  parseServer,
  serveHalf,
  type ServeHalfOptions,
  socketUrl,
} from '../../inference/internal.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, say } from '../io.ts';
import { dealerAccess, isAddress } from './dealer-access.ts';
import { checkGate, type GateFlags, gateLine, openGate } from './gate.ts';
import { readHalf } from './halves.ts';
import { type ListenFlags, readyServer } from './open-server.ts';
import { batchOfFile, batchWithin, fileText } from './owner-source.ts';
import { costJson, costLine, planLine } from './plan-lines.ts';
import { weightsDigest } from './plan-model.ts';
import { serverPrivacy } from './privacy-lines.ts';
import { type Defer, untilInterrupted } from './run-service.ts';
import { sessionLines } from './session-lines.ts';
import { SESSIONS, TIMES } from './times.ts';

/** What `cairn serve --shares` is told. */
export interface SharesFlags extends ListenFlags, GateFlags {
  readonly shares: string;
  readonly role?: 'a' | 'b';
  readonly peer?: string;
  readonly dealer?: string;
  readonly maxBatch?: number;
  readonly json?: boolean;
}

/**
 * Serves one of the two halves of a model by SecureML until it is interrupted.
 * @throws CairnError `usage` for flags that contradict each other or the file, those of the file, of the dealer's file and
 * of listening
 */
export function serveShares(flags: SharesFlags): Promise<number> {
  const { json = false, peer, unsafePlainHttp } = flags;
  checkGate(flags);
  return untilInterrupted(async (defer) => {
    const half = await readHalf(flags.shares);
    checkRole(half, flags);
    const source = await halfSource(flags, half, defer);
    const b = peer === undefined ? undefined : parseServer(peer, '--peer', unsafePlainHttp);
    const ready = await readyServer(flags, 'one of two servers of a model: cairn predict asks both');
    const gate = await openGate(flags, defer);
    const open = await ready.listen();
    defer(open.close);
    const acceptor = serveHalf({
      ...{ server: ready.server, half, dealing: source.dealing },
      ...(b === undefined ? {} : { dialPeer: () => dial(socketUrl(b, LINK_PATH), TIMES.connectMs) }),
      ...{ access: gate.access, addresses: gate.addresses ?? open.addresses, budget: gate.budget },
      ...{ maxBatch: source.maxBatch, maxSessions: SESSIONS },
      ...{ timeoutMs: TIMES.messageMs, idleMs: TIMES.idleMs, ...sessionLines(json) },
    });
    defer(() => acceptor.close());
    tellStart(open.url, half, source, flags);
  });
}

/** @throws CairnError `usage` */
function checkRole(half: ModelHalf, { shares, role, peer }: SharesFlags): void {
  if (role !== undefined && role !== half.role) {
    throw new CairnError('usage', `--role ${role}: ${shares} is the file of server ${half.role}`, {
      hint: `pass --role ${half.role}, or the other file`,
    });
  }
  if ((half.role === 'a') === (peer !== undefined)) return;
  throw half.role === 'a'
    ? new CairnError('usage', 'server a must be told where server b is', { hint: 'pass --peer URL' })
    : new CairnError('usage', 'server b is reached by a, and needs no --peer', { hint: 'leave --peer out' });
}

interface HalfSource {
  readonly dealing: ServeHalfOptions['dealing'];
  readonly maxBatch: number;
  readonly text: string;
}

/** Rows at a time without a dealer, unless told otherwise: a row of MNIST's perceptron takes 65 MB of transfers. */
const TRANSFER_ROWS = 4;

/** Where a server's randomness comes from: a dealer's address or file, or oblivious transfers with the other server. */
async function halfSource(flags: SharesFlags, half: ModelHalf, defer: Defer): Promise<HalfSource> {
  const { dealer, maxBatch, unsafePlainHttp } = flags;
  const { plan, role, layers } = half;
  if (dealer === undefined) {
    const text = 'oblivious transfers between the two servers, which no dealer knows and which take longer';
    return { dealing: halfFromTransfers(half), maxBatch: batchWithin(plan, maxBatch ?? TRANSFER_ROWS), text };
  }
  if (isAddress(dealer)) {
    const { address } = parseServer(dealer, '--dealer', unsafePlainHttp);
    const dealing = halfFromDealer(address, half, dealerAccess());
    return { dealing, maxBatch: batchWithin(plan, maxBatch), text: `the dealer at ${address}` };
  }
  const batch = await batchOfFile(dealer, maxBatch);
  const file = await openPieces(dealer, {
    ...{ plan: planHash(plan), batch, side: role === 'a' ? 'seeded' : 'corrected', demands: demandsOf(plan, batch) },
    model: weightsDigest(planHash(plan), layers),
  });
  defer(() => file.close());
  const dealing = halfFromFile(file, file.maskSeed!.expose(), batch);
  return { dealing, maxBatch: batch, text: fileText(dealer, file.left, batch) };
}

function tellStart(url: string, half: ModelHalf, { maxBatch, text }: HalfSource, flags: SharesFlags): void {
  const { plan, name, role } = half;
  const hash = planHash(plan);
  const randomness = flags.dealer === undefined ? 'transfers' : 'dealer';
  const batches = [...new Set(flags.dealer === undefined || isAddress(flags.dealer) ? [1, maxBatch] : [maxBatch])];
  if (flags.json === true) {
    data(
      printableJson({
        ...{ kind: 'serving', url, name, role, system: plan.system, planHash: toHex(hash), ring: plan.bits },
        ...{ fraction: plan.fraction, reveal: plan.reveal, maxBatch, dealer: text },
        access: flags.directory === undefined ? 'open' : 'members',
        costs: batches.map((rows) => costJson(plan, rows, randomness)),
      }),
    );
  }
  const both = role === 'a' ? `${url} URL_OF_B` : `URL_OF_A ${url}`;
  const lines = [
    `${name}, server ${role}: ${planLine(plan, hash)}`,
    ...serverPrivacy(plan),
    ...batches.map((rows) => `between the servers, ${costLine(plan, rows, randomness)}`),
    `randomness: ${text}`,
    gateLine(flags),
    `listening on ${url}; ask with: cairn predict ${both} --input FILE`,
  ];
  for (const line of lines) say(printable(line));
}
