// Secure aggregation by pairwise masks (Bonawitz 2017, Bell 2020) as a scheme that drivers can run.
import { toHex } from '../../crypto/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { CairnError } from '../../errors.ts';
import type { MaskVector } from '../../kernels/index.ts';
import type {
  Scheme,
  ServerInput as DriverInput,
  ServerEvent as DriverEvent,
  ServerStep as DriverStep,
  WorkResult,
} from '../../rounds/scheme.ts';
import { ROUND_STATES } from '../../rounds/states.ts';
import { DEFAULT_SCHEME } from '../../wire/settings.ts';
import { leavingReason } from './client/reason.ts';
import { startClient, stepClient, wantedAgreements } from './client/session.ts';
import type { ClientState } from './client/types.ts';
import { sessionRecord } from './client/unmasking.ts';
import { refusalOf } from './server/expected-messages.ts';
import { abort } from './server/result.ts';
import type { SecretRecovery } from './server/secret-recovery.ts';
import { startServer, stepServer } from './server/session.ts';
import type { ServerEvent, ServerInput, ServerState, ServerStep } from './server/types.ts';
import { computePlan, type UnmaskPlan } from './unmask.ts';

/** The coordinator's work: it recovers the secrets and adds up the masks that they open. */
export class UnmaskWork {
  readonly plan: UnmaskPlan;
  readonly #recovery: SecretRecovery;

  constructor(plan: UnmaskPlan, recovery: SecretRecovery) {
    this.plan = plan;
    this.#recovery = recovery;
  }

  steps(): Iterable<unknown> {
    return this.#recovery.steps();
  }

  compute(primitives: Primitives): MaskVector {
    return computePlan(this.plan, primitives);
  }
}

const toEvent = (event: ServerEvent): DriverEvent =>
  event.kind === 'unmask-plan' ? { kind: 'work', work: new UnmaskWork(event.plan, event.opening) } : event;

const toStep = (step: ServerStep): DriverStep<ServerState> => ({ ...step, events: step.events.map(toEvent) });

const isVector = (result: WorkResult): result is MaskVector => 'addMask' in result;

function toInput(input: DriverInput): ServerInput {
  if (input.kind !== 'worked') return input;
  const { result } = input;
  if (!isVector(result)) throw new CairnError('internal', 'the work did not produce a vector');
  return { kind: 'unmasked', correction: result };
}

/** Secure aggregation: the coordinator learns the sum but no single input. The default scheme. */
export const secagg: Scheme<ServerState, ClientState> = {
  name: DEFAULT_SCHEME,
  states: ROUND_STATES.map(({ name }) => name),
  server: {
    start: (start) => toStep(startServer({ ...start, opening: 'in-turns' })),
    step: (state, input) => toStep(stepServer(state, toInput(input))),
    refusal: refusalOf,
    fail: abort,
    settingsHash: ({ context }) => context.settingsHash,
    drops: ({ context }) => context.drops,
    parameters: (state) => ('facts' in state ? state.facts.parameters : undefined),
  },
  client: {
    start: startClient,
    step: stepClient,
    work: wantedAgreements,
    session(state) {
      if (!('facts' in state)) return undefined;
      return { sessionId: toHex(state.facts.sessionId), session: sessionRecord(state.context, state.facts) };
    },
    leavingReason,
  },
};
