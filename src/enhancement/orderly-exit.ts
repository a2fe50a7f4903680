/** A flag that the threads of a process share: [whether the process exits, whether the worker computes]. */
export type ExitState = Int32Array<SharedArrayBuffer>;

const EXITS = 0;
const COMPUTES = 1;

/** How long an exit of the process waits for a worker, in milliseconds. */
const EXIT_LIMIT = 5000;

const states = new Set<ExitState>();

/**
 * ONNX Runtime aborts the process if Node.js ends a worker thread while it computes there. At an exit of the process, the main
 * thread therefore waits until the worker has noticed it, which is after the running tile.
 * @returns the state for the worker, and a function to call when that has ended.
 */
export function watchExit(): { readonly state: ExitState; forget(): void } {
  const state: ExitState = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (states.size === 0) process.on("exit", waitForWorkers);
  states.add(state);
  return {
    state,
    forget() {
      states.delete(state);
      if (states.size === 0) process.off("exit", waitForWorkers);
    },
  };
}

function waitForWorkers(): void {
  for (const state of states) Atomics.store(state, EXITS, 1);
  for (const state of states) Atomics.wait(state, COMPUTES, 1, EXIT_LIMIT);
}

/** For the worker: whether the process exits. */
export const isExiting = (state: ExitState): boolean => Atomics.load(state, EXITS) === 1;

/** For the worker: notes whether it computes. */
export function noteComputing(state: ExitState, computes: boolean): void {
  Atomics.store(state, COMPUTES, Number(computes));
  Atomics.notify(state, COMPUTES);
}
