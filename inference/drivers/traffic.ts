import type { Traffic } from './channel.ts';

/** What passed between two readings. */
export function difference(after: Traffic, before: Traffic): Traffic {
  return {
    sentBytes: after.sentBytes - before.sentBytes,
    receivedBytes: after.receivedBytes - before.receivedBytes,
    turns: after.turns - before.turns,
  };
}
