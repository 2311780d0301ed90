import { serveModel } from '../../inference/internal.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { data, say } from '../io.ts';
import { isAddress } from './dealer-access.ts';
import { checkGate, type GateFlags, gateLine, openGate } from './gate.ts';
import { type ListenFlags, readyServer } from './open-server.ts';
import { ownerSource, type OwnerSource } from './owner-source.ts';
import { boundsText, costJson, costLine, planLine } from './plan-lines.ts';
import { type PlanFlags, type PlannedModel, planModel } from './plan-model.ts';
import { ownerPrivacy } from './privacy-lines.ts';
import { untilInterrupted } from './run-service.ts';
import { sessionLines } from './session-lines.ts';
import { SESSIONS, TIMES } from './times.ts';

/** What `cairn serve MODEL` is told. */
export interface ServeFlags extends ListenFlags, GateFlags, PlanFlags {
  readonly dealer?: string;
  readonly name?: string;
  readonly maxBatch?: number;
  readonly json?: boolean;
}

/**
 * Serves a model by Chameleon until it is interrupted.
 * @throws CairnError `usage` for flags that contradict each other, those of planning and of listening, and of the
 * dealer's file; what goes wrong in a session is said and does not end it
 */
export function serve(path: string, flags: ServeFlags): Promise<number> {
  const { protocol, dealer, json = false } = flags;
  checkGate(flags);
  if (protocol === 'secureml') {
    throw new CairnError('usage', 'secureml needs two servers with a share each, not one with the model', {
      hint: 'make the shares with cairn serve split MODEL --protocol secureml --out DIR',
    });
  }
  return untilInterrupted(async (defer) => {
    const model = await planModel(path, flags);
    if (dealer === undefined) {
      throw new CairnError('usage', 'chameleon computes with what a dealer deals, and none is named', {
        hint: 'pass --dealer URL of a cairn dealer, or --dealer FILE of cairn dealer make',
      });
    }
    const source = await ownerSource({ ...flags, dealer }, model, defer);
    const name = flags.name ?? model.name;
    const ready = await readyServer(flags, `a model that answers privately: cairn predict asks it`);
    const gate = await openGate(flags, defer);
    const open = await ready.listen();
    defer(open.close);
    const acceptor = serveModel({
      ...{ server: ready.server, name, plan: model.plan, layers: source.layers, maskSeed: source.maskSeed },
      ...{ dealing: source.dealing, access: gate.access, addresses: gate.addresses ?? open.addresses },
      ...{ budget: gate.budget, maxBatch: source.maxBatch, maxSessions: SESSIONS },
      ...{ timeoutMs: TIMES.messageMs, idleMs: TIMES.idleMs, ...sessionLines(json) },
    });
    defer(() => acceptor.close());
    tellStart(open.url, name, model, source, { ...flags, dealer });
  });
}

function tellStart(
  url: string,
  name: string,
  { plan, hash, bounds }: PlannedModel,
  { maxBatch, text }: OwnerSource,
  flags: ServeFlags & { readonly dealer: string },
): void {
  const batches = isAddress(flags.dealer) ? [...new Set([1, maxBatch])] : [maxBatch];
  if (flags.json === true) {
    data(
      printableJson({
        ...{ kind: 'serving', url, name, role: 'owner', system: plan.system, planHash: toHex(hash) },
        ...{ ring: plan.bits, fraction: plan.fraction, bounds, reveal: plan.reveal, maxBatch, dealer: text },
        access: flags.directory === undefined ? 'open' : 'members',
        costs: batches.map((rows) => costJson(plan, rows)),
      }),
    );
  }
  const dealer = isAddress(flags.dealer) ? flags.dealer : `${flags.dealer}.seeds`;
  const lines = [
    `${name}: ${planLine(plan, hash)}; ${boundsText(bounds)}`,
    ...ownerPrivacy(plan),
    ...batches.map((rows) => costLine(plan, rows)),
    `randomness: ${text}`,
    gateLine(flags),
    `listening on ${url}; ask with: cairn predict ${url} --dealer ${dealer} --input FILE`,
  ];
  for (const line of lines) say(printable(line));
}
