import { type Party, receive, send } from '../turn.ts';
import { messagesOf } from './layout.ts';

/** Sends bytes in as many messages as they need; they travel in one trip. */
export function* sendLong(bytes: Uint8Array): Party<void> {
  let at = 0;
  for (const length of messagesOf(bytes.length)) {
    yield* send(bytes.subarray(at, at + length));
    at += length;
  }
}

/** Waits for what {@link sendLong} sends. */
export function* receiveLong(length: number): Party<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const size of messagesOf(length)) {
    bytes.set(yield* receive(size), at);
    at += size;
  }
  return bytes;
}
