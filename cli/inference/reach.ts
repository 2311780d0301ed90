import {
  ASK_PATH,
  Asker,
  type AskerDealing,
  askerSide,
  type Asking,
  dial,
  nodeTools,
  type ServerAddress,
  socketUrl,
  TwoServerAsker,
} from '../../inference/internal.ts';
import type { readIdentity } from '../../client/index.ts';
import { TIMES } from './times.ts';

/** Who is asked, and with what. */
export interface Reach {
  /** One server, or the two of SecureML with a first. */
  readonly servers: readonly ServerAddress[];
  readonly identity: Awaited<ReturnType<typeof readIdentity>> | undefined;
  /** The asker's randomness; two servers need none of it. */
  readonly dealing: AskerDealing;
  /** Called before each computation with the rows that are left after it; undefined if nothing bounds it. */
  readonly onReady: (left: number | undefined) => void;
}

/** Opens a session with a model's owner, or with its two servers. @throws CairnError of connecting and of the offers */
export async function reach({ servers, identity, dealing, onReady }: Reach): Promise<Asking> {
  const common = { tools: nodeTools(TIMES.messageMs, TIMES.idleMs), onReady };
  const member = identity === undefined ? {} : { identity: { member: identity.member, keys: identity.keys } };
  const [first, second] = await Promise.all(
    servers.map(async (server) => {
      return { address: server.address, channel: await dial(socketUrl(server, ASK_PATH), TIMES.connectMs) };
    }),
  );
  if (second !== undefined) return TwoServerAsker.open(first!, second, { ...common, ...member });
  return Asker.open(first!.channel, { address: first!.address, side: askerSide, dealing, ...common, ...member });
}
