import type { ParticipationEvent } from '../client/index.ts';

type PrivacyEvent = Extract<ParticipationEvent, { kind: 'privacy' }>;

/**
 * Why the client's own count of ε is unbounded towards some party, in one sentence; undefined if it is bounded. The
 * rules are in client/consent/privacy-account.ts: towards readers of the model any noise bounds it, towards the
 * coordinator and members only noise that members add, and a round without noise counts for ever.
 */
export function whyUnbounded({ placement, after }: Pick<PrivacyEvent, 'placement' | 'after'>): string | undefined {
  if (!Number.isFinite(after.readers)) {
    return 'ε is unbounded because this client has taken part in rounds without noise, of this task or another: nothing bounds what those revealed, and they count for ever';
  }
  if (Number.isFinite(after.inside)) return undefined;
  return placement === 'central'
    ? 'ε towards the coordinator is unbounded because it adds the noise itself: it knows the noise and may leave it out, and only noise that members add under their masks bounds what the coordinator learns'
    : 'ε towards the coordinator is unbounded because it added the noise of earlier rounds itself: only noise that members add under their masks bounds what it learns, and those rounds count for ever';
}
