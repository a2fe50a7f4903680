import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** A stream of pseudorandom numbers (xoroshiro128+). */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform over the integers 0, 1, …, n - 1. */
  integer(n: number): number;
  /** Normal with mean 0 and standard deviation 1 (Box-Muller). */
  normal(): number;
}

/**
 * A stream seeded by a seed and indices, such as (seed, epoch, position). The numbers depend on nothing else, so a run can
 * be repeated and resumed exactly.
 */
export function randomAt(seed: number, ...indices: number[]): Random {
  const key = [seed, ...indices];
  const generator = xoroshiro128plusFromState([1, 2, 3, 4].map((lane) => hash(lane, key)));
  const uniform = () => uniformFloat64(generator);
  return {
    uniform,
    integer: (n) => uniformInt(generator, 0, n - 1),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** A random permutation of 0, 1, …, n - 1 (Fisher-Yates): the order of the n images in an epoch. */
export function shuffled(n: number, seed: number, epoch: number): Uint32Array {
  const random = randomAt(seed, epoch);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const last = order[i] as number;
    order[i] = order[j] as number;
    order[j] = last;
  }
  return order;
}

/** MurmurHash3 (x86, 32 bits; Appleby 2011) of integers below 2^53, each hashed as two 32-bit words. */
function hash(start: number, numbers: readonly number[]): number {
  let state = start;
  for (const number of numbers)
    for (const word of [number | 0, Math.floor(number / 2 ** 32) | 0]) {
      const k = Math.imul(word, 0xcc9e2d51);
      state ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      state = (Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64) | 0;
    }
  state ^= numbers.length * 8;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
