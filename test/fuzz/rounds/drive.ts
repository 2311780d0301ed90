import { wantedAgreements } from '../../../protocol/schemes/secagg/client/index.ts';
import { vectorLength } from '../../../protocol/quantize/index.ts';
import { agreeAll } from '../../../protocol/crypto/agreer.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { CairnError } from '../../../protocol/errors.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import type { Mail } from '../../../simulations/attacks/open-round/lab.ts';
import { damaged } from '../damage.ts';
import { must } from '../outcome.ts';
import type { Action } from './action.ts';
import { tampered } from './tamper.ts';
import type { WatchedLab } from './watched-lab.ts';

const LEFT = (): CairnError => new CairnError('member-left', 'the script says so');

/** Does one thing to a round. `earlier` are messages of another one. */
export function act(lab: WatchedLab, action: Action, earlier: readonly Mail[]): void {
  const memberOf = (number: number): MemberId => lab.members[number % lab.members.length]!;
  const under = [
    ...lab.toServer.map((mail) => ({ mail, to: 'server' as const })),
    ...lab.toClients.map((mail) => ({ mail, to: 'client' as const })),
  ];
  const arrives = (to: 'server' | 'client', { member, bytes }: Mail): void => {
    if (to === 'server') lab.serverGets(member, bytes);
    else lab.clientGets(member, bytes);
  };
  /** Takes the message that is meant from those under way. */
  const take = (number: number): (typeof under)[number] | undefined => {
    if (under.length === 0) return undefined;
    const taken = under[number % under.length]!;
    lab.toServer = lab.toServer.filter((mail) => mail !== taken.mail);
    lab.toClients = lab.toClients.filter((mail) => mail !== taken.mail);
    return taken;
  };
  switch (action.do) {
    case 'flow':
      for (let i = 0; i < action.times; i++) {
        lab.down();
        lab.up();
      }
      return;
    case 'down':
      lab.down();
      return;
    case 'deliver': {
      const taken = take(action.pick);
      if (taken !== undefined) arrives(taken.to, taken.mail);
      return;
    }
    case 'lose':
      take(action.pick);
      return;
    case 'repeat': {
      if (under.length === 0) return;
      const { to, mail } = under[action.pick % under.length]!;
      arrives(to, mail);
      return;
    }
    case 'damage': {
      const taken = take(action.pick);
      if (taken === undefined) return;
      const others = lab.sent.map(({ mail }) => mail.bytes);
      arrives(taken.to, { ...taken.mail, bytes: damaged(taken.mail.bytes, action.damage, others) });
      return;
    }
    case 'tamper': {
      const taken = take(action.pick);
      if (taken !== undefined) arrives(taken.to, { ...taken.mail, bytes: tampered(taken.mail.bytes, action.touch) });
      return;
    }
    case 'misdirect': {
      const taken = take(action.pick);
      if (taken !== undefined) arrives(taken.to, { ...taken.mail, member: memberOf(action.member) });
      return;
    }
    case 'replay': {
      const past = action.foreign ? earlier : lab.sent.map(({ mail }) => mail);
      if (past.length === 0) return;
      const { bytes } = past[action.pick % past.length]!;
      const member = memberOf(action.member);
      arrives(action.pick % 2 === 0 ? 'server' : 'client', { member, bytes });
      return;
    }
    case 'deadline':
      lab.serverDoes({ kind: 'deadline' });
      return;
    case 'leave':
      lab.leave(memberOf(action.member));
      return;
    case 'abandon':
      lab.serverDoes({ kind: 'abandon', error: new CairnError('round-abandoned', 'the script says so') });
      return;
    case 'give-up':
      if (lab.clients.has(memberOf(action.member))) {
        lab.clientDoes(memberOf(action.member), { kind: 'leave', error: LEFT() });
      }
      return;
    case 'agree':
      agree(lab, memberOf(action.member), action.extra);
      return;
    case 'input':
      if (lab.clients.has(memberOf(action.member))) giveInput(lab, memberOf(action.member), action.extra);
      return;
    case 'unmasked':
      bringResult(lab, action.extra);
      return;
  }
}

/** Lets a round run on as it should, with deadlines where nothing moves, until it is over. */
export function finish(lab: WatchedLab): void {
  // Each turn ends a state or brings it nearer to its end; there are fewer than ten.
  const MAX_TURNS = 60;
  for (let turn = 0; !lab.over; turn++) {
    must(turn < MAX_TURNS, () => `the round does not end: it stands in ${lab.server.name}`);
    for (const [member, { name }] of lab.clients) {
      if (lab.dead.has(member)) continue;
      if (name === 'cipher-agreement' || name === 'mask-agreement') agree(lab, member, 0);
      else if (name === 'masked-input') giveInput(lab, member, 0);
    }
    if (lab.server.name === 'computing') bringResult(lab, 0);
    else if (lab.toClients.length > 0) lab.down();
    else if (lab.toServer.length > 0) lab.up();
    else lab.serverDoes({ kind: 'deadline' });
  }
  lab.down();
}

/** Ends what is left of a round, on both sides. */
export function endAll(lab: WatchedLab): void {
  for (const [member, { name }] of lab.clients) {
    if (name !== 'closed') lab.clientDoes(member, { kind: 'leave', error: LEFT() });
  }
  if (!lab.over) act(lab, { do: 'abandon' }, []);
}

/** The agreements that a client waits for, or as many more or less; where it waits for none, those of nobody. */
function agree(lab: WatchedLab, member: MemberId, extra: number): void {
  const state = lab.clients.get(member);
  if (state === undefined) return;
  const wanted = wantedAgreements(state);
  const shared = wanted === undefined ? [] : [...agreeAll(lab.primitives, wanted)];
  for (const secret of shared.splice(Math.max(0, shared.length + Math.min(0, extra)))) secret.wipe();
  for (let i = 0; i < extra; i++) shared.push(new SecretBytes(lab.random(32)));
  lab.clientDoes(member, { kind: 'agreements', shared });
}

function giveInput(lab: WatchedLab, member: MemberId, extra: number): void {
  const values = lab.inputOf(member);
  const given = new Uint32Array(Math.max(0, values.length + extra));
  given.set(values.subarray(0, given.length));
  lab.clientDoes(member, { kind: 'input', values: given });
}

/** The right result where one is waited for; without a plan, or to a wrong length, zeros. */
function bringResult(lab: WatchedLab, extra: number): void {
  const { plan, server } = lab;
  if (extra === 0 && plan !== undefined && server.name === 'computing') {
    lab.compute();
    return;
  }
  const length = vectorLength(lab.settings) + (extra === 0 ? 0 : Math.max(1 - vectorLength(lab.settings), extra));
  lab.serverDoes({ kind: 'unmasked', correction: createMaskVector(length) });
}
