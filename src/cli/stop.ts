/** Aborted by the first Ctrl-C, or by a request to end: whoever works then saves and returns. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  return stop.signal;
}
