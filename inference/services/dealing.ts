import type { RandomSource } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  type Correlations,
  correctedSide,
  decodeCorrections,
  type Demand,
  encodeDealingRequest,
  pieceCorrectionBytes,
  seededSide,
  type Side,
} from '../../protocol/mpc/dealer/index.ts';
import type { Channel } from '../drivers/channel.ts';
import { within } from '../drivers/run.ts';

/** Asks a dealer for one piece. */
export interface DealerQuestion {
  readonly side: Side;
  /** 16 bytes, told by one side to the other. */
  readonly session: Uint8Array;
  /** The plan's canonical encoding. */
  readonly plan: Uint8Array;
  readonly demands: readonly Demand[];
  readonly batch: number;
  /** The seed of the masks of this side's weights, if it has some. */
  readonly maskSeed: Uint8Array | undefined;
}

/** Bytes of the answer beside the corrections: version, type, session. */
const ANSWER_HEADER = 18;

/**
 * Gets one piece from a dealer: the seeded side draws its seed and tells it; the corrected side waits for the corrections
 * until the other one has asked as well.
 * @param channel to the dealer, which it must know to be the dealer's; it is closed afterwards
 * @throws CairnError of the channel, `peer-silent`, and those of the answer's decoder
 */
export async function askDealer(
  channel: Channel,
  question: DealerQuestion,
  random: RandomSource,
  timeoutMs: number,
): Promise<Correlations> {
  const { side, session, plan, demands, batch, maskSeed } = question;
  const seed = random(32);
  try {
    const request = encodeDealingRequest({ session, side, plan, batch, seed, maskSeed });
    channel.sendText(JSON.stringify({ kind: 'deal', bytes: request.length }));
    channel.send(request);
    await channel.drained();
    // So that a refusal is known before anything is computed.
    const text = await within(channel.receiveText(100), timeoutMs);
    if (text !== '{"kind":"taken"}')
      throw new CairnError('wire-type', 'the dealer answers something else than expected');
    if (side === 'seeded') return seededSide(demands, seed);
    const answer = await within(channel.receive(ANSWER_HEADER + pieceCorrectionBytes(demands)), timeoutMs);
    return correctedSide(demands, seed, decodeCorrections(answer, session, demands));
  } catch (thrown) {
    // Not this session with the other side, which goes on or not: the dealer's.
    if (!(thrown instanceof CairnError) || thrown.code !== 'session-closed') throw thrown;
    throw new CairnError('inference-ended', 'the dealer has ended the connection before it had dealt', {
      cause: thrown,
    });
  } finally {
    seed.fill(0);
    channel.close();
  }
}
