import type { Message } from '../../../wire/header.ts';
import { CairnError } from '../../../errors.ts';
import type { ClientIndex } from '../../../ids.ts';
import { bitmapOf, setBits } from '../../../wire/bitmap.ts';
import { decodeMaskedInput } from '../messages/masked-input.ts';
import { encodeSurvivors } from '../messages/survivors.ts';
import { presentAt } from './members.ts';
import { transition, unchanged } from './result.ts';
import type { ServerState, ServerStep } from './types.ts';
import { askForShares } from './unmasking.ts';

type InputState = Extract<ServerState, { name: 'masked-input' }>;

/**
 * Round 2 (MaskedInputCollection, Bonawitz 2017 §4): one masked vector, added to the running sum at once and never
 * kept, so that memory does not grow with the number of members.
 * @throws CairnError `wire-…`: the member is dropped, and the sum is as it was
 */
export function onMaskedInput(state: InputState, from: ClientIndex, message: Message): ServerStep {
  const { context, sum, received } = state;
  const { length, bits, packed } = decodeMaskedInput(message);
  if (length !== sum.length || bits !== context.settings.modulusBits) {
    throw new CairnError(
      'wire-bounds',
      `the vector has ${length} × ${bits} bits, but the round's have ${sum.length} × ${context.settings.modulusBits}`,
    );
  }
  sum.addPacked(packed, bits);
  received.add(from);
  return unchanged(state);
}

/** U3 is fixed. From here on a late input is refused; active rounds have the set signed, curious ones unmask. */
export function fixSurvivors(state: InputState): ServerStep {
  const { context, facts, sharers, commitments, sum, received } = state;
  const { size } = facts.tree;
  const survivors = bitmapOf(size, received);
  const summed = { facts, sharers, commitments, sum, survivors };
  const there = [...received].filter((index) => !context.lost.has(facts.roster[index]!.member)).sort((a, b) => a - b);
  if (context.settings.adversary === 'curious') return askForShares(context, summed, there, new Map());
  const bytes = encodeSurvivors({ suite: context.settings.suite, context: facts.sessionId, size, survivors });
  // All members audit the set, but the state waits only for those whose signatures count.
  const signers = facts.witnesses.filter((index) => received.has(index));
  return transition(
    {
      name: 'consistency-check',
      context,
      ...summed,
      waiting: presentAt(context, facts, signers),
      signatures: new Map(),
    },
    received.size,
    there.map((index) => ({ to: facts.roster[index]!.member, name: 'survivors', bytes: () => bytes })),
  );
}

/** The step in which U3 is fixed, with the event that names its members. */
export function announced(step: ServerStep): ServerStep {
  if (!('survivors' in step.state)) return step;
  const { facts, survivors } = step.state;
  const members = setBits(survivors).map((index) => facts.roster[index]!.member);
  return { ...step, events: [...step.events, { kind: 'survivors', members }] };
}
