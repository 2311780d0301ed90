import { ENDING } from '../client/internal.ts';
import type { ParticipationEvent, TaskEvent } from '../client/index.ts';

/** The line that `cairn join` prints about an event; undefined for events that are only for programs. */
export function participationLine(event: ParticipationEvent): string | undefined {
  switch (event.kind) {
    case 'unsafe-open-enrolment':
      return 'unsafe open enrolment: without identities, the other members may be fakes, created to read your update';
    case 'engine':
      return `training on ${event.engine}`;
    case 'connected':
      return event.renewed ? 'connected again' : `connected as member ${event.member}`;
    case 'disconnected':
      return `connection lost (${event.reason}); reconnecting`;
    case 'invited':
      return `round ${event.round} of ${event.task}: invited (${event.adversary})`;
    case 'privacy':
      return privacyLine(event);
    case 'rebased':
      return `round ${event.round}: the coordinator moved the model instead of training it (step ${event.rebases}); models moved within 24 hours: ${event.withinDay}`;
    case 'trained':
      return `round ${event.round}: ${event.kept ? 'kept the update of' : 'trained on'} ${event.examples} examples, loss ${event.loss.toFixed(4)}, accuracy ${event.accuracy.toFixed(4)}`;
    case 'clipped':
      return `round ${event.round}: the update was clipped to ${(100 * event.factor).toFixed(1)} % of its length`;
    case 'cut':
      return `round ${event.round}: ${cutText(event)}`;
    case 'measured':
      return `round ${event.round}: scales measured${event.included ? '' : ' without your values'}; the update is kept`;
    case 'committed':
      return `round ${event.round}: committed, ${event.included ? 'your update is in the sum' : 'without your update'}`;
    case 'task':
      return taskLine(event);
    case 'abandoned':
      if (event.code === 'member-left') return `round ${event.round}: left before it ended`;
      if (event.code === 'round-forgotten') return `round ${event.round}: over, but ${event.message}`;
      return `round ${event.round}: abandoned (${event.message})${afterwards(event)}`;
    case 'refused':
      return `round ${event.round}: refused [${event.code}] ${event.message} — ${event.hint}${ENDING.has(event.code) ? '' : STAYS}`;
    case 'training':
    case 'agreed':
    case 'state':
    case 'sent':
    case 'ignored':
    case 'failed':
    case 'left':
      return undefined;
  }
}

/** Appended to a refusal, which is printed again only when something has changed. */
const STAYS = '; this client stays for later rounds, and reports this once until it changes';

/** What happens to the work that a client did for an abandoned round. */
function afterwards({ code, update }: Extract<ParticipationEvent, { kind: 'abandoned' }>): string {
  if (update === 'kept') return '; the update is kept';
  if (update === 'none') return '';
  return code === 'deadline-missed'
    ? ': training takes longer than the round waits, and is still running; its result is kept for the next attempt — ask the operator to raise the task’s deadlines.advertiseKeys, or train on less data'
    : '; training is still running, and its result is kept for the next attempt';
}

/** How a task ended, or that it will continue; undefined while it runs. */
function taskLine({ task, state, round, rounds, modelHash, code, message }: TaskEvent): string | undefined {
  const model = round === 0 ? 'no round has committed' : `its model is ${modelHash}`;
  switch (state) {
    case 'waiting':
    case 'running':
      return undefined;
    case 'finished':
      return `${task} has finished, according to the coordinator: ${round} of ${rounds} rounds; ${model}`;
    case 'budget-spent':
      return `${task} has ended, according to the coordinator: its privacy budget is spent after ${round} of ${rounds} rounds; ${model}`;
    case 'failed':
      return `${task} has failed after ${round} of ${rounds} rounds, according to the coordinator [${code ?? 'unknown'}]: ${message ?? ''}; ${model}`;
    case 'stopped':
      return `the coordinator is stopping ${task} after ${round} of ${rounds} rounds; reconnecting until it is back`;
  }
}

/** "2 of 3 seated, waiting for 1 more" for a task between rounds; undefined for any other. */
export function waitingLine({ task, state, seated, needed }: TaskEvent): string | undefined {
  if (state !== 'waiting') return undefined;
  const missing = needed - seated;
  return `${task}: ${seated} of ${needed} seated, ${missing > 0 ? `waiting for ${missing} more` : 'waiting for the next round'}`;
}

/** Which value counts for less than its size, and what follows. */
function cutText({ what, value, bound }: Extract<ParticipationEvent, { kind: 'cut' }>): string {
  const shown = (number: number): string => String(Number(number.toPrecision(6)));
  switch (what) {
    case 'examples':
      return `your ${value} examples count as ${bound}: later rounds count more, up to the task’s maxExamples`;
    case 'loss':
      return `your loss ${shown(value)} is reported as ${shown(Math.sign(value) * bound)}: later rounds report more, up to the task’s lossBound`;
    case 'untrained':
      return `an untrained tensor changed by up to ${shown(value)}, and counts as changed by ${shown(bound)}: the rest follows in later rounds`;
  }
}

/** ε for display: three digits, or that there is no bound. */
const epsilonText = (epsilon: number): string => (Number.isFinite(epsilon) ? epsilon.toPrecision(3) : 'unbounded');

function privacyLine(event: Extract<ParticipationEvent, { kind: 'privacy' }>): string {
  const { round, placement, before, after, counted, spent, epsilon, delta } = event;
  const step = (whom: 'readers' | 'inside'): string => `${epsilonText(before[whom])} → ${epsilonText(after[whom])}`;
  const who = placement === 'central' ? 'the coordinator adds the noise' : 'members add the noise';
  return (
    `round ${round}: differential privacy, ${who}; the task counts ε ${epsilonText(spent)} of ${epsilon} (δ ${delta}), ` +
    `your rounds ε ${step('readers')} towards readers of the model, ${step('inside')} towards the coordinator (δ ${counted})`
  );
}
