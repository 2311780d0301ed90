// Loaded into the coordinator's own process beside it (--import): collects garbage when asked, and tells what is left.
process.on('message', () => {
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external });
});
// Being asked must not keep a coordinator that has ended.
process.channel?.unref();
