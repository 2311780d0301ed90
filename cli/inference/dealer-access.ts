import { type DealerAccess, dial } from '../../inference/internal.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { socketUrl } from './address.ts';
import { TIMES } from './times.ts';

/** How a dealer's service is reached from Node. */
export function dealerAccess(): DealerAccess {
  return {
    dial: (address) => dial(socketUrl(address, '/deal'), TIMES.connectMs),
    ...{ random: systemRandom, timeoutMs: TIMES.messageMs },
  };
}
