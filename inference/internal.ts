/**
 * What Cairn’s other parts need from inference/ besides its face. Not a stable interface: it may change in any version.
 */
export { ChameleonAsker } from './chameleon/asker.ts';
export { chameleonModel, ChameleonOwner } from './chameleon/owner.ts';
export type { Channel } from './drivers/channel.ts';
export { accept, dial } from './drivers/node.ts';
export { runParty, type RunOptions } from './drivers/run.ts';
export { joinAnswer, shareInputs } from './secureml/asker.ts';
export { SecureMlServer } from './secureml/server.ts';
export { splitLayers } from './secureml/split.ts';
export { DealerService } from './services/dealer.ts';
export { askDealer } from './services/dealing.ts';
export { difference } from './sessions/owner.ts';
export type { Answer, AskerSide, OwnerSide, ServerSide } from './systems.ts';
