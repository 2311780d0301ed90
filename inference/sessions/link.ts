import { equalBytes, LABELS, type Primitives, transcript, utf8 } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Channel } from '../drivers/channel.ts';
import { within } from '../drivers/run.ts';
import type { ModelHalf } from '../secureml/half.ts';
import type { ServerRole } from '../secureml/server.ts';
import { bytesOf, readText, textOf } from './messages.ts';
import type { SessionTools } from './tools.ts';

/**
 * How the two servers of a model know each other: each proves that it has the link key of the halves, by a hash over it
 * and what both have drawn for this connection. It says who is there, and encrypts nothing: between machines the link
 * needs TLS, or a reader of the network sees what both servers see together.
 */
function proof(
  primitives: Primitives,
  { linkKey, link }: ModelHalf,
  planHash: Uint8Array,
  role: ServerRole,
  challenges: readonly [a: Uint8Array, b: Uint8Array],
): Uint8Array {
  return transcript(primitives, LABELS.serverLink, linkKey, link, planHash, utf8(role), ...challenges);
}

/**
 * Introduces a server to the other one at the end of a channel, and checks that it is the other one.
 * @throws CairnError `link-refused` for one that has not the other half, and those of the channel
 */
export async function meet(
  channel: Channel,
  half: ModelHalf,
  planHash: Uint8Array,
  tools: SessionTools,
): Promise<void> {
  const { primitives, random, timeoutMs } = tools;
  const { role } = half;
  const mine = random(32);
  channel.sendText(JSON.stringify({ kind: 'meet', link: textOf(half.link), role, challenge: textOf(mine) }));
  const met = readText('meet', await within(channel.receiveText(1000), timeoutMs));
  if (met.link !== textOf(half.link) || met.role === role) {
    throw new CairnError('link-refused', `the other server has another model’s half, or the same half ${role}`);
  }
  const theirs = bytesOf(met.challenge);
  const challenges = role === 'a' ? ([mine, theirs] as const) : ([theirs, mine] as const);
  channel.sendText(
    JSON.stringify({ kind: 'proof', proof: textOf(proof(primitives, half, planHash, role, challenges)) }),
  );
  const { proof: shown } = readText('proof', await within(channel.receiveText(1000), timeoutMs));
  if (!equalBytes(bytesOf(shown), proof(primitives, half, planHash, met.role, challenges))) {
    throw new CairnError('link-refused', 'the other server does not have the other half of this model');
  }
}
