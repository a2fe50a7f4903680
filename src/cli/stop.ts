let signal: AbortSignal | undefined;

/**
 * Aborted by the first Ctrl-C, or by a request to end: whoever works then saves and returns. It is one for all who ask,
 * so that a command made of others knows that one of them was stopped.
 */
export function stopSignal(): AbortSignal {
  if (signal) return signal;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  signal = stop.signal;
  return signal;
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
