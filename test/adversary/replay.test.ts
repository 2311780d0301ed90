import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { memberId } from '../../protocol/ids.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { encodeSettings, NO_HASH, settingsHash } from '../../protocol/wire/settings.ts';
import { Lab, type Mail } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

describe.each(['curious', 'active'] as const)(
  'every message of an earlier %s session of the same members',
  (adversary) => {
    it('is refused by both sides in every state, and the sum stays exact', () => {
      const earlier = new Lab({ seed: 'earlier', n: 4, adversary }).run();
      const { membership } = earlier;
      const lab = new Lab({ seed: 'later', n: 4, adversary, ...(membership === undefined ? {} : { membership }) });
      const header = { suite: 1, context: earlier.server.context.settingsHash } as const;
      const told = lab.members.flatMap((member): Mail[] => [
        { member, bytes: encodeAbort(header, { code: 'round-abandoned', message: '' }) },
        { member, bytes: encodeOutcome({ ...header, kind: 'committed', included: true, modelHash: NO_HASH }) },
      ]);
      const ups = earlier.sent.filter(({ to }) => to === 'server').map(({ mail }) => mail);
      const downs = earlier.sent.filter(({ to }) => to === 'client').map(({ mail }) => mail);
      lab.down();
      const replayAll = (): void => {
        const before = [lab.server, ...lab.clients.values()];
        const ignored = lab.ignored.length;
        for (const { member, bytes } of [...ups, ...told.filter(({ bytes: [, , type] }) => type === 0x0c)])
          lab.serverGets(member, bytes);
        for (const { member, bytes } of [...downs, ...told]) lab.clientGets(member, bytes);
        const after = [lab.server, ...lab.clients.values()];
        expect(after.every((state, i) => state === before[i])).toBe(true);
        const codes = lab.ignored.slice(ignored).map(({ code }) => code);
        expect(codes).toHaveLength(ups.length + downs.length + told.length + lab.members.length);
        for (const code of codes)
          expect(['session-mismatch', 'wrong-state', 'session-closed', 'unmask-twice']).toContain(code);
        if (!lab.over) expect(codes).toContain('session-mismatch');
      };
      while (!lab.over) {
        if (lab.toServer.length > 0) lab.up();
        else lab.down();
        replayAll();
      }
      expect(lab.committed?.sum).toEqual(lab.plainSum(lab.members));
      expect(lab.drops).toEqual([]);
    });
  },
);

describe('an invitation', () => {
  const lab = new Lab({ seed: 'invitations', n: 3 });
  const invitation = lab.toClients[0]!.bytes;
  const hash = lab.server.context.settingsHash;

  it('whose settings were seen before is refused', () => {
    const step = lab.start(memberId(1), invitation, new Set([toHex(hash)]));
    expect(step.events.at(-1)).toMatchObject({ kind: 'refused', error: { code: 'round-replayed' } });
    expect(step.send.map(({ name }) => name)).toEqual(['abort']);
    expect(lab.start(memberId(1), invitation, new Set(['00'])).state.name).toBe('advertise-keys');
  });

  it('whose context is not the hash of its settings is refused', () => {
    const settings = encodeSettings({ ...lab.settings, round: 2 });
    const bytes = encodeInvitation({ suite: 1, context: hash, settings });
    expect(codeOf(() => lab.start(memberId(1), bytes))).toBe('session-mismatch');
  });

  it('in another suite than its settings name is refused', () => {
    const settings = encodeSettings(lab.settings);
    const bytes = encodeInvitation({ suite: 2, context: hash, settings });
    expect(codeOf(() => lab.start(memberId(1), bytes))).toBe('wire-suite');
  });

  const refusal = (change: Partial<typeof lab.settings>, policy = {}): unknown => {
    const asked = new Lab({ seed: 'policies', n: 3, policy });
    const settings = encodeSettings({ ...asked.settings, ...change });
    const context = settingsHash(asked.primitives, settings);
    const suite = change.suite ?? 1;
    const step = asked.start(memberId(1), encodeInvitation({ suite, context, settings }));
    const event = step.events.at(-1);
    return event?.kind === 'refused' ? event.error.code : step.state.name;
  };

  it.each([
    ['for a weaker adversary than the client’s policy', {}, { adversary: 'active' }, 'adversary-too-weak'],
    ['to sums of fewer inputs than its policy', { minCohort: 2 }, { minCohort: 3 }, 'cohort-too-small'],
    ['whose sums do not fit the modulus', { inputBits: 16, modulusBits: 17, maxCohort: 3 }, {}, 'overflow-budget'],
    ['to an active round that names no known directory', { adversary: 'active' }, {}, 'directory-mismatch'],
    ['that is sound', {}, { minCohort: 2 }, 'advertise-keys'],
    ['in the other suite', { suite: 2 }, {}, 'advertise-keys'],
  ] as const)('%s gets its answer at once', (_, change, policy, answer) => {
    expect(refusal(change, policy)).toBe(answer);
  });
});
