/**
 * What Cairn’s other parts need from inference/ besides its face. Not a stable interface: it may change in any version.
 */
export type { Access } from './access/access.ts';
export { QueryBudget } from './access/budget.ts';
export { ChameleonAsker } from './chameleon/asker.ts';
export { chameleonModel, ChameleonOwner } from './chameleon/owner.ts';
export { describePieces, makePieces, openPieces, type PieceFile, seedsPath } from './dealer/index.ts';
export type { Channel, Traffic } from './drivers/channel.ts';
export { accept, dial } from './drivers/node.ts';
export { runParty, type RunOptions } from './drivers/run.ts';
export { difference } from './drivers/traffic.ts';
export { transferCost } from './plan/transfer-cost.ts';
export { joinAnswer, shareInputs } from './secureml/asker.ts';
export { decodeHalf, encodeHalf, type ModelHalf, splitModel } from './secureml/half.ts';
export { SecureMlServer } from './secureml/server.ts';
export { splitLayers } from './secureml/split.ts';
export { askRows, askerSide, batchOf, countRows } from './services/ask.ts';
export { DealerService } from './services/dealer.ts';
export { askDealer } from './services/dealing.ts';
export { ASK_PATH, DEAL_PATH, parseServer, type ServerAddress, socketUrl } from './services/address.ts';
export {
  halfFromDealer,
  halfFromFile,
  halfFromTransfers,
  LINK_PATH,
  serveHalf,
  type ServeHalfOptions,
} from './services/serve-half.ts';
export { nodeTools, serveModel } from './services/serve.ts';
export { askerFrom, type AskerSource, type DealerAccess, ownerFromDealer, ownerFromFile } from './services/sources.ts';
export { Asker, type AskerDealing, type Asking } from './sessions/asker.ts';
export type { OwnerDealing } from './sessions/dealing.ts';
export type { Offered } from './sessions/offered.ts';
export type { Answered } from './sessions/owner.ts';
export { TwoServerAsker } from './sessions/two-servers.ts';
export type { Answer, AskerSide, OwnerSide, ServerSide } from './systems.ts';
