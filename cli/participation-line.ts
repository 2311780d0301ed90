import type { ParticipationEvent } from '../client/index.ts';

/** What a person who runs `cairn join` reads about an event; undefined for those that only programs care for. */
export function participationLine(event: ParticipationEvent): string | undefined {
  switch (event.kind) {
    case 'unsafe-open-enrolment':
      return 'unsafe open enrolment: without an identity, nothing shows whether the others are real or made up to read your update';
    case 'connected':
      return event.renewed ? 'connected again' : `connected as member ${event.member}`;
    case 'disconnected':
      return `connection lost (${event.reason}); trying again`;
    case 'invited':
      return `round ${event.round} of ${event.task}: invited (${event.adversary})`;
    case 'trained':
      return `round ${event.round}: ${event.kept ? 'kept the update of' : 'trained on'} ${event.examples} examples, loss ${event.loss.toFixed(4)}, accuracy ${event.accuracy.toFixed(4)}`;
    case 'clipped':
      return `round ${event.round}: the update was clipped to ${(100 * event.factor).toFixed(1)} % of its length`;
    case 'held':
      return `round ${event.round}: held before ${event.state} (fault drill)`;
    case 'committed':
      return `round ${event.round}: committed, ${event.included ? 'your update is in the sum' : 'without your update'}`;
    case 'abandoned':
      return `round ${event.round}: abandoned (${event.message}); the update is kept`;
    case 'refused':
      return `round ${event.round}: refused [${event.code}] ${event.message} — ${event.hint}`;
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
