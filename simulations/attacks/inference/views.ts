import {
  type Advertisement,
  decodeAdvertiseKeys,
  decodeMaskedInput,
  decodeRoster,
  decodeRoutedShares,
  decodeShareKeys,
  decodeUnmaskRequest,
  decodeUnmaskShares,
  type Roster,
  rosterLeaf,
  type RoundParameters,
  SEALED_SHARES_LENGTH,
  sessionGraph,
  sessionIdOf,
  sessionParameters,
} from '../../../protocol/schemes/secagg/index.ts';
import { equalBytes, MerkleTree, SIZES } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import {
  decodeInvitation,
  decodeSettings,
  hasBit,
  HEADER_LENGTH,
  type RoundSettings,
  setBits,
} from '../../../protocol/wire/index.ts';
import type { Transcript } from './transcript.ts';

/** The session a member was in, as the coordinator can reconstruct it from what that member received and sent. */
export interface View {
  readonly member: MemberId;
  readonly settings: RoundSettings;
  readonly sessionId: Uint8Array;
  readonly parameters: RoundParameters;
  readonly ownIndex: number;
  readonly own: Advertisement;
  /** Its neighbours by index: those for which it sealed shares. */
  readonly neighbours: ReadonlyMap<number, Advertisement>;
  readonly commitment: Uint8Array;
  /** What it sealed, by the recipient's index. */
  readonly sealed: ReadonlyMap<number, Uint8Array>;
  /** The neighbours that it masks with, if it has sent a masked input. */
  readonly maskedWith: readonly number[];
  /** Its masked input: one packed vector. */
  readonly masked: { readonly packed: Uint8Array; readonly length: number } | undefined;
  /** Shares that it revealed, by their owner's index. */
  readonly revealed: ReadonlyMap<number, { readonly kind: 'key' | 'seed'; readonly share: Uint8Array }>;
}

const contextOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(HEADER_LENGTH - SIZES.hash, HEADER_LENGTH);
const within = (context: Uint8Array) => (bytes: Uint8Array) => equalBytes(contextOf(bytes), context);

/**
 * A member's view of one round; undefined if it left before it shared its keys, so that there is no session.
 * @param round the settings hash; by default that of the last round in which the member advertised keys
 */
export function viewOf(transcript: Transcript, member: MemberId, round?: Uint8Array): View | undefined {
  const up = (name: Parameters<Transcript['of']>[1]): Uint8Array[] => transcript.of('up', name, member);
  const down = (name: Parameters<Transcript['of']>[1]): Uint8Array[] => transcript.of('down', name, member);
  const advertised = up('advertiseKeys')
    .filter((bytes) => round === undefined || within(round)(bytes))
    .at(-1);
  if (advertised === undefined) return undefined;
  const hash = contextOf(advertised);
  const invitation = down('invitation').find(within(hash))!;
  const settings = decodeSettings(decodeInvitation(invitation).settings);
  const shares = up('shareKeys');
  // Last one first: a member may have been in an earlier session with the same settings, under other keys.
  for (const roster of readable(down('roster').filter(within(hash)), decodeRoster).reverse()) {
    const session = sessionOf(settings, hash, roster);
    const shared = session && shares.filter(within(session.sessionId)).at(-1);
    if (session === undefined || shared === undefined) continue;
    const { sessionId } = session;
    const { commitment, sealed } = decodeShareKeys(shared);
    const indices = [...session.neighbours.keys()];
    const input = up('maskedInput').filter(within(sessionId)).at(-1);
    const [routed] = down('routedShares').filter(within(sessionId)).slice(-1).map(decodeRoutedShares);
    // Only the first request that can be read and belongs to the session is answered.
    const [request] = readable(down('unmaskRequest').filter(within(sessionId)), decodeUnmaskRequest);
    const answer = up('unmaskShares').filter(within(sessionId)).at(-1);
    const maskedWith = input === undefined ? [] : setBits(routed!.present).map((i) => indices[i]!);
    const revealed = new Map<number, { kind: 'key' | 'seed'; share: Uint8Array }>();
    if (answer !== undefined) {
      const { shares: all } = decodeUnmaskShares(answer);
      [...maskedWith, session.ownIndex]
        .sort((a, b) => a - b)
        .forEach((owner, i) => {
          const kind = hasBit(request!.survivors, owner) ? 'seed' : 'key';
          revealed.set(owner, { kind, share: all.slice(i * SIZES.share, (i + 1) * SIZES.share) });
        });
    }
    return {
      member,
      settings,
      ...session,
      own: decodeAdvertiseKeys(advertised).advertisement,
      commitment,
      sealed: new Map(
        indices.map((index, i) => [index, sealed.slice(i * SEALED_SHARES_LENGTH, (i + 1) * SEALED_SHARES_LENGTH)]),
      ),
      maskedWith,
      masked: input === undefined ? undefined : decodeMaskedInput(input),
      revealed,
    };
  }
  return undefined;
}

/** What follows from a roster for a member that accepts it; undefined for one that none can accept. */
function sessionOf(
  settings: RoundSettings,
  settingsHash: Uint8Array,
  roster: Roster,
): Pick<View, 'sessionId' | 'parameters' | 'ownIndex' | 'neighbours'> | undefined {
  const { body, size, ownIndex } = roster;
  const shown: ReadonlyMap<number, Advertisement> =
    body.kind === 'full'
      ? new Map(body.advertisements.entries())
      : new Map(body.members.map(({ index, advertisement }) => [index, advertisement]));
  const ids = body.kind === 'full' ? body.advertisements.map(({ member }) => member) : body.ids;
  const root =
    body.kind === 'full'
      ? new MerkleTree(
          nodePrimitives,
          body.advertisements.map((one) => rosterLeaf(nodePrimitives, one)),
        ).root
      : body.root;
  try {
    const parameters = sessionParameters(settings, size);
    const sessionId = sessionIdOf(nodePrimitives, settingsHash, ids, root);
    const indices = sessionGraph(nodePrimitives, parameters, sessionId, root).neighbours(ownIndex);
    return { sessionId, parameters, ownIndex, neighbours: new Map(indices.map((index) => [index, shown.get(index)!])) };
  } catch {
    return undefined;
  }
}

/** The messages that decode: no client has answered any other. */
function readable<T>(messages: readonly Uint8Array[], decode: (bytes: Uint8Array) => T): T[] {
  return messages.flatMap((bytes) => {
    try {
      return [decode(bytes)];
    } catch {
      return [];
    }
  });
}
