import { basename } from "node:path";
import { processorDigest } from "../gate/gate.js";
import { version } from "../platform/node/version.js";
import type { Processor } from "../processors/processor.js";

/** How the pixels of an enhanced image were made. It has no time stamp, so that the same input gives the same bytes. */
export interface Provenance {
  /** Name and version. */
  readonly software: string;
  /** The name of the model's file, without its folder; the processor's name if it was not read from a file. */
  readonly model: string;
  /** SHA-256 of that file, hexadecimal; of its graph if it was not read from a file. */
  readonly sha256: string;
  /** What the model was trained for, if its card states it. */
  readonly task: string | undefined;
  readonly scale: number;
}

/** @throws UserError when the processor does not run. */
export async function provenanceOf(processor: Processor): Promise<Provenance> {
  const { file, name, sha256, card } = processor;
  return {
    software: `Legible ${version}`,
    model: file === undefined ? name : basename(file),
    sha256: sha256 ?? processorDigest(processor),
    task: card?.task,
    scale: (await processor.geometry()).scale,
  };
}
