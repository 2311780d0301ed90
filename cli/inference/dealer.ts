import { accept, DealerService } from '../../inference/internal.ts';
import type { CairnError } from '../../protocol/errors.ts';
import { printable, printableJson } from '../../protocol/printable.ts';
import { bytesText, megabytes } from '../bytes-text.ts';
import { data, EXIT, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { type ListenFlags, readyServer } from './open-server.ts';
import { TIMES } from './times.ts';

/** What `cairn dealer` is told. */
export interface DealerFlags extends ListenFlags {
  readonly json?: boolean;
}

/** Connections at a time, and requests of one side that may wait for the other. */
const SESSIONS = 128;
const WAITING = 64;

const PRIVACY = [
  'a dealer learns which plans are run and how often, never an input, a weight or an answer',
  'it must not share what it deals with either side, nor be run by one of them: with it, a side could read the other’s secrets',
];

/** Deals to whoever asks until it is interrupted. @throws CairnError of listening */
export async function dealer(flags: DealerFlags): Promise<number> {
  const json = flags.json === true;
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const interrupted = onInterrupt(leave);
  try {
    const service = new DealerService({
      ...{ waitMs: TIMES.messageMs, maxWaiting: WAITING },
      onDealt: ({ bytes, ms }) => {
        if (json)
          data(printableJson({ kind: 'dealt', megabytes: megabytes(bytes), seconds: Number((ms / 1000).toFixed(6)) }));
        else data(`dealt a piece: ${bytesText(bytes)} in ${ms.toFixed(1)} ms`);
      },
      onRefused: (error) => tellRefused(error, json),
    });
    const ready = await readyServer(flags, 'a dealer of correlated randomness, for cairn serve and cairn predict');
    if (interrupted.happened()) return EXIT.interrupted;
    const open = await ready.listen();
    const onChannel = (channel: Parameters<DealerService['serve']>[0]): Promise<void> => service.serve(channel);
    const acceptor = accept(ready.server, [{ path: '/deal', maxSessions: SESSIONS, onChannel }]);
    if (json) data(printableJson({ kind: 'dealing', url: open.url }));
    for (const line of PRIVACY) say(line);
    say(`listening on ${open.url}; both sides name it: --dealer ${open.url}`);
    await left;
    acceptor.close();
    open.close();
    return EXIT.interrupted;
  } finally {
    interrupted.stop();
  }
}

function tellRefused({ code, message }: CairnError, json: boolean): void {
  if (json) data(printableJson({ kind: 'refused', code, message }));
  else say(printable(`nothing was dealt: ${message} [${code}]`));
}
