/** Aborted by the first Ctrl-C, or by a request to end: whoever works then saves and returns. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  return stop.signal;
}

/** Does long work until it is done or Ctrl-C aborts the signal; what then is thrown is no error: the work can go on later. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = stopSignal();
  try {
    await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error("stopped; the same command goes on from here");
    process.exitCode = 130;
  }
}
