/** Zeroes every typed array that a value holds, however deep. */
export function wipe(value: unknown): void {
  if (ArrayBuffer.isView(value)) new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(0);
  else if (typeof value === 'object' && value !== null) for (const held of Object.values(value)) wipe(held);
}
