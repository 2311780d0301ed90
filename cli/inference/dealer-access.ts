import { DEAL_PATH, type DealerAccess, dial, socketUrl } from '../../inference/internal.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import { TIMES } from './times.ts';

/** Whether what `--dealer` names is an address rather than a file. */
export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** How a dealer's service is reached from Node, at a canonical address. */
export function dealerAccess(): DealerAccess {
  return {
    dial: (address) => dial(socketUrl({ address }, DEAL_PATH), TIMES.connectMs),
    ...{ random: systemRandom, timeoutMs: TIMES.messageMs },
  };
}
