import { createServer } from 'node:http';
import { accept, DealerService } from '../../../../inference/internal.ts';
import { DEAL_PATH } from './messages.ts';

const WAIT_MS = 60_000;

/** Deals to whoever asks. @returns the port that it listens at */
export async function startDealer(): Promise<number> {
  const service = new DealerService({ waitMs: WAIT_MS, maxWaiting: 16 });
  const server = createServer();
  accept(server, [{ path: DEAL_PATH, maxSessions: 16, onChannel: (channel) => service.serve(channel) }]);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { readonly port: number }).port;
}
