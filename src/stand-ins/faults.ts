import { shuffled } from "../random.js";

/** The faults that a stand-in can inject. */
export const faultKinds = ["429", "500", "slow", "malformed", "content-type", "disconnect", "quota"] as const;
export type Fault = (typeof faultKinds)[number];

/** The faults that a client overcomes by trying again; a full quota stops it. */
export const passingFaults: readonly Fault[] = faultKinds.filter((kind) => kind !== "quota");

/** Requests in a block; the number of faults in each is the same. */
const BLOCK = 100;

/**
 * Decides which requests fail. Of every 100 requests, exactly 100 · `share` (rounded) fail, at places that follow from the seed
 * alone, and the kinds take turns.
 * @param share in [0, 1].
 * @returns the fault of the n-th request, from 0; undefined for none.
 */
export function faultPlan(share: number, kinds: readonly Fault[], seed: number): (n: number) => Fault | undefined {
  const perBlock = Math.round(BLOCK * share);
  return (n) => {
    const block = Math.floor(n / BLOCK);
    const chosen = [...shuffled(BLOCK, seed, block).subarray(0, perBlock)].sort((a, b) => a - b);
    const place = chosen.indexOf(n % BLOCK);
    return place < 0 ? undefined : kinds[(block * perBlock + place) % kinds.length];
  };
}
