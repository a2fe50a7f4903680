import { messageOf } from "../errors.js";
import type { Processor } from "../processors/processor.js";
import { type Enhanced, type EnhanceOptions, enhanceFile } from "./enhance.js";
import type { Job } from "./files.js";

export interface Written extends Job, Enhanced {}

export interface Failure {
  readonly input: string;
  readonly reason: string;
}

export interface Summary {
  readonly written: readonly Written[];
  readonly failed: readonly Failure[];
}

/** Told each job's end. */
type OnEnd = (result: Written | Failure) => void;

/** Works on one picture after the other. One that fails is noted, and the next one follows. */
export async function eachPicture(
  jobs: readonly Job[],
  work: (job: Job, index: number) => Promise<Enhanced>,
  onEnd?: OnEnd,
): Promise<Summary> {
  const written: Written[] = [];
  const failed: Failure[] = [];
  for (const [index, job] of jobs.entries()) {
    try {
      const result = { ...job, ...(await work(job, index)) };
      written.push(result);
      onEnd?.(result);
    } catch (error) {
      const failure = { input: job.input, reason: messageOf(error) };
      failed.push(failure);
      onEnd?.(failure);
    }
  }
  return { written, failed };
}

export interface BatchOptions {
  tile?: number;
  /** Told the job at work, counted from 0, and the share of it that is done, 0..1. */
  onProgress?: (index: number, done: number) => void;
  onEnd?: OnEnd;
}

/** Enhances one picture after the other. */
export const enhanceAll = (
  processor: Processor,
  jobs: readonly Job[],
  { tile, onProgress, onEnd }: BatchOptions = {},
): Promise<Summary> =>
  eachPicture(
    jobs,
    ({ input, output }, index) => {
      const options: EnhanceOptions = { ...(tile && { tile }), onProgress: (done) => onProgress?.(index, done) };
      return enhanceFile(processor, input, output, options);
    },
    onEnd,
  );
