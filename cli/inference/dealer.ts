import { accept, type Channel, DEAL_PATH, DealerService } from '../../inference/internal.ts';
import type { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { bytesText, megabytes } from '../bytes-text.ts';
import { data, say } from '../io.ts';
import { type ListenFlags, readyServer } from './open-server.ts';
import { untilInterrupted } from './run-service.ts';
import { SESSIONS, TIMES } from './times.ts';

/** What `cairn dealer` is told. */
export interface DealerFlags extends ListenFlags {
  readonly json?: boolean;
}

/** Requests of one side that may wait for the other. */
const WAITING = 64;

const PRIVACY = [
  'a dealer learns which plans are run and how often, never an input, a weight or an answer',
  'it must not share what it deals with either side, nor be run by one of them: with it, a side could read the other’s secrets',
];

/** Deals to any two sides that ask, until it is interrupted. @throws CairnError of listening */
export function dealer(flags: DealerFlags): Promise<number> {
  const { json = false } = flags;
  return untilInterrupted(async (defer) => {
    const service = new DealerService({
      ...{ waitMs: TIMES.messageMs, maxWaiting: WAITING },
      onDealt: ({ bytes, ms }) => {
        const seconds = Number((ms / 1000).toFixed(6));
        if (json) data(printableJson({ kind: 'dealt', megabytes: megabytes(bytes), seconds }));
        else data(`dealt a piece: ${bytesText(bytes)} in ${ms.toFixed(1)} ms`);
      },
      onRefused: (error) => tellRefused(error, json),
    });
    const ready = await readyServer(flags, 'a dealer of correlated randomness, for cairn serve and cairn predict');
    const open = await ready.listen();
    defer(open.close);
    const onChannel = (channel: Channel): Promise<void> => service.serve(channel);
    const acceptor = accept(ready.server, [{ path: DEAL_PATH, maxSessions: 2 * SESSIONS, onChannel }]);
    defer(() => acceptor.close());
    if (json) data(printableJson({ kind: 'dealing', url: open.url }));
    for (const line of PRIVACY) say(line);
    say(`listening on ${open.url}; both sides name it: --dealer ${open.url}`);
  });
}

function tellRefused({ code, message }: CairnError, json: boolean): void {
  if (json) data(printableJson({ kind: 'refused', code, message }));
  else say(printable(`nothing was dealt: ${message} [${code}]`));
}
