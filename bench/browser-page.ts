/// <reference lib="dom" />

/** Times in milliseconds, and the result as RGBA in a data: URL. */
export interface Run {
  readonly times: readonly number[];
  readonly pixels: string;
}

/** Enlarges the input. @returns RGBA. */
export type Upscale = () => Promise<Uint8ClampedArray<ArrayBuffer>>;

/** What `defineTimed` defines in a page. */
export interface TimedPage {
  /**
   * Enlarges the input `repeats` times. The first time includes `open`, which loads a program.
   * @returns the times and the last result.
   */
  timed(repeats: number, open: () => Promise<Upscale>): Promise<Run>;
}

/** Runs in a page, before its scripts. */
export function defineTimed(): void {
  // Text is smaller than a list of numbers.
  const asUrl = (data: Uint8ClampedArray<ArrayBuffer>) =>
    new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result));
      reader.readAsDataURL(new Blob([data]));
    });
  const timed = async (repeats: number, open: () => Promise<Upscale>): Promise<Run> => {
    const start = performance.now();
    const upscale = await open();
    let data = await upscale();
    const times = [performance.now() - start];
    while (times.length < repeats) {
      const from = performance.now();
      data = await upscale();
      times.push(performance.now() - from);
    }
    return { times, pixels: await asUrl(data) };
  };
  Object.assign(globalThis, { timed });
}
