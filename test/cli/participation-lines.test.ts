import { describe, expect, it } from 'vitest';
import { participationLine } from '../../cli/participation-line.ts';
import { ParticipationLines } from '../../cli/participation-lines.ts';
import type { ParticipationEvent, RoundEvent } from '../../client/index.ts';

const at = { task: 'tiny', round: 3 } as const;
const invited: ParticipationEvent = { ...at, kind: 'invited', adversary: 'active' };
const trained: ParticipationEvent = { ...at, kind: 'trained', examples: 9, loss: 0.5, accuracy: 1, kept: false };
const sent: ParticipationEvent = { ...at, kind: 'sent', message: 'maskedInput', bytes: 64 };
const committed: ParticipationEvent = { ...at, kind: 'committed', included: true, modelHash: '00' };

const refused = (repeated: boolean, message = 'NaN'): ParticipationEvent => ({
  ...{ ...at, kind: 'refused', code: 'update-not-finite', message, hint: 'check the data', repeated },
});

const abandoned = (change: Partial<Extract<RoundEvent, { kind: 'abandoned' }>>): ParticipationEvent => ({
  ...{ ...at, kind: 'abandoned', code: 'round-abandoned', message: 'too few', update: 'kept', ...change },
});

const said = (...events: readonly ParticipationEvent[]): readonly string[] => {
  const lines = new ParticipationLines();
  return events.flatMap((event) => lines.of(event));
};

const INVITED = 'round 3 of tiny: invited (active)';
const TRAINED = 'round 3: trained on 9 examples, loss 0.5000, accuracy 1.0000';
const COMMITTED = 'round 3: committed, your update is in the sum';
const REFUSED = expect.stringMatching(
  /^round 3: refused \[update-not-finite\] NaN — check the data; this client stays .*until it changes$/,
) as string;

// A coordinator tries again every second: people found the same two lines a thousand times.
describe('cairn join, whose client refuses a task’s rounds', () => {
  it('says so once, and nothing about the attempts that follow', () => {
    expect(said(invited, refused(false), invited, refused(true), invited, trained, refused(true))).toEqual([
      INVITED,
      REFUSED,
    ]);
  });

  it('says another cause, with what came before it', () => {
    const other = said(invited, refused(false), invited, trained, refused(false, 'a loss of NaN'));
    expect(other).toEqual([INVITED, REFUSED, INVITED, TRAINED, expect.stringContaining('a loss of NaN') as string]);
  });

  it('reports the round in which it takes part again in full, as soon as its input is sent', () => {
    const before = [invited, refused(false), invited, refused(true), invited, trained];
    expect(said(...before)).toEqual([INVITED, REFUSED]);
    expect(said(...before, sent)).toEqual([INVITED, REFUSED, INVITED, TRAINED]);
    expect(said(...before, sent, committed)).toEqual([INVITED, REFUSED, INVITED, TRAINED, COMMITTED]);
    expect(said(...before, committed, invited)).toEqual([INVITED, REFUSED, INVITED, TRAINED, COMMITTED, INVITED]);
  });

  it('says nothing about rounds that others’ refusals end before its own', () => {
    const early = abandoned({ update: 'none' });
    expect(said(invited, refused(false), invited, early, invited, refused(true), invited, early)).toEqual([
      INVITED,
      REFUSED,
    ]);
    expect(said(invited, early)).toEqual([INVITED, 'round 3: abandoned (too few)']);
  });

  it('reports what happens in other tasks at once', () => {
    const other = { ...invited, task: 'other' };
    expect(said(invited, refused(false), other)).toEqual([INVITED, REFUSED, 'round 3 of other: invited (active)']);
  });

  it('does not say that it stays if it ends', () => {
    const lost = participationLine({ ...refused(false), code: 'memory-lost' } as ParticipationEvent);
    expect(lost).toMatch(/— check the data$/);
  });
});

// A training that hung was told "the update is kept", though there was none.
describe('a round that was abandoned', () => {
  const line = (change: Parameters<typeof abandoned>[0]): string => participationLine(abandoned(change))!;

  it('keeps an existing update, and says so', () => {
    expect(line({ update: 'kept' })).toBe('round 3: abandoned (too few); the update is kept');
  });

  it('because training takes too long says that it is still running, and which setting to change', () => {
    const late = line({ update: 'training', code: 'deadline-missed' });
    expect(late).toContain('training takes longer than the round waits, and is still running');
    expect(late).toContain('deadlines.advertiseKeys');
    expect(late).not.toContain('the update is kept');
  });

  it('during training, for another reason, says that training continues', () => {
    expect(line({ update: 'training' })).toBe(
      'round 3: abandoned (too few); training is still running, and its result is kept for the next attempt',
    );
  });

  it('before any training says nothing about an update', () => {
    expect(line({ update: 'none' })).toBe('round 3: abandoned (too few)');
  });
});

describe('an ε without a bound', () => {
  const spent = (readers: number, inside: number) => ({ readers, inside, rounds: 1 });
  const privacy = (placement: 'central' | 'distributed', readers: number, inside: number): ParticipationEvent => ({
    ...{
      ...at,
      kind: 'privacy',
      placement,
      distribution: 'skellam',
      noiseMultiplier: 1,
      minHonestSurvivors: 3,
      bitWidth: 1,
      sampling: 1,
    },
    ...{ spent: 1, epsilon: 8, delta: 1e-5, counted: 1e-5 },
    ...{ before: spent(0, 0), after: spent(readers, inside) },
  });

  it.each<[string, ParticipationEvent, RegExp]>([
    ['by rounds without noise', privacy('distributed', Infinity, Infinity), /taken part in rounds without noise/],
    ['by the coordinator’s own noise', privacy('central', 1, Infinity), /because it adds the noise itself/],
    ['by its noise in earlier rounds', privacy('distributed', 1, Infinity), /noise of earlier rounds itself/],
  ])('is explained in one sentence, once: %s', (_, event, why) => {
    const lines = said(event, event);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('unbounded');
    expect(lines[1]).toMatch(why);
    expect(lines[1]).not.toMatch(/\. ./);
    expect(lines[2]).toBe(lines[0]);
  });

  it('is not mentioned if all is bounded', () => {
    expect(said(privacy('distributed', 1, 2))).toHaveLength(1);
  });
});
