import { toHex } from '../../protocol/crypto/index.ts';
import type { Attack } from './attack.ts';
import { outcomeOfDifference } from './coordinator/with-scene.ts';
import { Lab, seeded } from './open-round/lab.ts';

const N = 6;

/** The exact invitation of an earlier round, so that its members believe they are in that one. */
export const replayedInvitation: Attack = {
  name: 'replay',
  title: 'restarts a round with its old invitation, without the target',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §8',
  protection: 'clients remember the settings that they have seen; each round has its own nonce',
  without: 'clients that remember nothing',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const name = `replay ${seed}`;
    const first = new Lab({ seed: name, n: N, adversary: 'active', random: seeded(`${name} first`) }).run();
    const { settings, membership, server } = first;
    const again = new Lab({
      ...{ seed: name, n: N - 1, adversary: 'active', random: seeded(`${name} again`), settings },
      ...(membership === undefined ? {} : { membership }),
      ...(safe ? { seen: new Set([toHex(server.context.settingsHash)]) } : {}),
    }).run();
    const truth = first.plainSum(first.members.slice(-1));
    const [all, less] = [first.committed?.sum, again.committed?.sum];
    const mask = 2 ** settings.modulusBits - 1;
    const found = all && less && all.map((value, i) => (value - less[i]!) & mask);
    return Promise.resolve(outcomeOfDifference(found, truth, Object.values(again.refusalCodes())));
  },
};
