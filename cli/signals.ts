/** Calls `leave` on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onInterrupt(leave: () => void): { readonly happened: () => boolean; readonly stop: () => void } {
  let count = 0;
  const handler = (): void => {
    count++;
    // 130 is 128 + SIGINT: what shells expect from a program that was interrupted.
    if (count > 1) process.exit(130);
    leave();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    happened: () => count > 0,
    stop: () => {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
