import { stat } from "node:fs/promises";

/** The size and the times of a file, by which it is recognized as unchanged without reading it. */
export interface Stamp {
  /** In bytes. */
  readonly size: number;
  /** Time of the last change of the content, in nanoseconds, decimal. */
  readonly modified: string;
  /** Time of the last change of content or status, in nanoseconds, decimal. Programs cannot set it. */
  readonly changed: string;
}

/** The stamp of a file, of a link's target; undefined if there is none. */
export async function stampOf(path: string): Promise<Stamp | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return (
    status && {
      size: Number(status.size),
      modified: String(status.mtimeNs),
      changed: String(status.ctimeNs),
    }
  );
}

/** File systems keep times in steps of up to two seconds (FAT). */
const COARSEST_NS = 2_000_000_000n;

/**
 * Whether a stamp is old enough for every later change to alter it.
 * @param now the time in milliseconds at which the stamp was taken.
 */
export const isSettled = ({ changed, modified }: Stamp, now: number): boolean => {
  const latest = BigInt(changed) > BigInt(modified) ? BigInt(changed) : BigInt(modified);
  return BigInt(Math.floor(now)) * 1_000_000n - latest > COARSEST_NS;
};
