import { resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { Gate } from "../gate/gate.js";
import { sha256OfFile } from "../platform/node/models.js";
import { packagedModels } from "../processors/packaged.js";
import type { Processor } from "../processors/processor.js";

/** What all images of a run share. */
export const ImageSettings = z.object({
  /** A packaged model by its name, so that each worker uses its own copy; otherwise the path of a file. */
  model: z.object({ packaged: z.string().optional(), file: z.string().optional(), sha256: z.string() }),
  /** Where the outputs go: a folder, or s3://bucket/prefix. */
  out: z.string(),
  /** The address of an S3-compatible service; absent: that of the worker's environment. */
  endpoint: z.string().optional(),
  /** Whether files that Legible did not write are left alone or replaced. */
  overwrite: z.enum(["skip", "replace"]),
  tile: z.number().optional(),
  quality: z.number(),
  color: z.enum(["keep", "srgb"]),
  metadata: z.enum(["keep", "strip"]),
  gate: Gate.optional(),
});
export type ImageSettings = z.output<typeof ImageSettings>;

/**
 * How a processor is named for workers on other machines.
 * @throws UserError when its weights are in no file.
 */
export async function modelOf({ file, name, sha256 }: Processor): Promise<ImageSettings["model"]> {
  if (file === undefined || sha256 === undefined)
    throw new UserError(
      `${name} is in no file that workers could read; choose plain or ra, or write the average into a file with legible average`,
    );
  const packaged = (await packagedModels()).find((each) => each.file === file);
  return packaged ? { packaged: packaged.name, sha256 } : { file: resolve(file), sha256 };
}

/**
 * The file of a run's model on this machine.
 * @throws UserError when it is missing or not the one that was submitted.
 */
export async function modelFile({ packaged, file, sha256 }: ImageSettings["model"]): Promise<string> {
  const found = file ?? (await packagedModels()).find(({ name }) => name === packaged)?.file;
  if (found === undefined) throw new UserError(`this installation has no model ${packaged}`);
  if ((await sha256OfFile(found)) !== sha256)
    throw new UserError(`${found} is not the model that was submitted: its content differs`);
  return found;
}
