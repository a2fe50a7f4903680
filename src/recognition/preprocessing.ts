import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../errors.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** What a recognizer wants to be fed, as its sidecar file says it under `input`. */
export const Preprocessing = z.object({
  /** Side of the square input in pixels. */
  size: z.number().int().positive(),
  layout: z.enum(["NCHW", "NHWC"]).default("NCHW"),
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  /** Taken from each channel (of values in [0, 1]), in RGB order. */
  mean: Triple.default([0, 0, 0]),
  /** Then each channel is divided by this. */
  std: Triple.default([1, 1, 1]),
});
export type Preprocessing = z.infer<typeof Preprocessing>;

const Sidecar = z.object({ input: Preprocessing });

/** Settings from the command line; each one given wins over the sidecar. */
export type PreprocessingOverrides = { readonly [K in keyof Preprocessing]?: Preprocessing[K] | undefined };

/** `net.json` stands beside `net.onnx`. */
export const sidecarPath = (model: string): string => `${model.replace(/\.onnx$/i, "")}.json`;

/**
 * Reads how a recognizer wants its images from the JSON beside it; overrides win.
 * @throws UserError when neither says enough, or the sidecar is not valid.
 */
export async function readPreprocessing(model: string, overrides: PreprocessingOverrides = {}): Promise<Preprocessing> {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const path = sidecarPath(model);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) {
    if (given.size && given.mean && given.std) return Preprocessing.parse(given);
    throw new UserError(
      `how does ${model} want its images? There is no ${path} beside it. Write one, such as ` +
        `{"input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}, ` +
        "or give --size, --mean and --std",
    );
  }
  const sidecar = Sidecar.safeParse(parseJson(text, path));
  if (!sidecar.success) throw new UserError(`${path} does not describe an input: ${z.prettifyError(sidecar.error)}`);
  return { ...sidecar.data.input, ...given };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${path} is not valid JSON`);
  }
}
