import { messageOf } from "../errors.js";
import { type Enhanced, type EnhanceOptions, enhanceFile } from "./enhance.js";
import type { Job } from "./files.js";
import type { Processor } from "./processor.js";

export interface Written extends Job, Enhanced {}

export interface Failure {
  readonly input: string;
  readonly reason: string;
}

export interface Summary {
  readonly written: readonly Written[];
  readonly failed: readonly Failure[];
}

export interface BatchOptions {
  tile?: number;
  /** Told the job at work, counted from 0, and the share of it that is done, 0..1. */
  onProgress?: (index: number, done: number) => void;
  /** Told each job's end. */
  onEnd?: (result: Written | Failure) => void;
}

/** Enhances one picture after the other. One that fails is noted, and the next one follows. */
export async function enhanceAll(
  processor: Processor,
  jobs: readonly Job[],
  { tile, onProgress, onEnd }: BatchOptions = {},
): Promise<Summary> {
  const written: Written[] = [];
  const failed: Failure[] = [];
  for (const [index, job] of jobs.entries()) {
    const options: EnhanceOptions = { ...(tile && { tile }), onProgress: (done) => onProgress?.(index, done) };
    try {
      const result = { ...job, ...(await enhanceFile(processor, job.input, job.output, options)) };
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
