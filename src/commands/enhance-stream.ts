import { stat } from "node:fs/promises";
import { type EnhanceFileOptions, enhance } from "../enhancement/enhance.js";
import type { OverwriteMode } from "../enhancement/image-states.js";
import { formatOf, type OutputFormat } from "../enhancement/raster-codec.js";
import { UserError } from "../errors.js";
import { readImageFile } from "../platform/node/codec.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { readStandardInput, requireRedirectedOutput, writeStandardOutput } from "../platform/node/standard-streams.js";
import type { Processor } from "../processors/processor.js";
import { named } from "../settings.js";
import { BatchTally } from "./batch-tally.js";
import type { Context, Ended } from "./command.js";
import { reportRemarks, reportSkipped } from "./files.js";

interface StreamSettings extends Pick<EnhanceFileOptions, "tile" | "gate" | "quality" | "color" | "metadata"> {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly format: OutputFormat | "same";
  readonly suffix?: string | undefined;
  readonly overwrite: OverwriteMode;
  readonly report?: string | undefined;
  /** The file of the gate. */
  readonly gateFile?: string | undefined;
  readonly json: boolean;
  readonly jsonLines: boolean;
}

/** Stands for standard input and standard output. */
const STREAM = "-";

/** Whether an image comes from standard input or goes to standard output. */
export const isStreamed = (inputs: readonly string[], output: string): boolean =>
  inputs.includes(STREAM) || output === STREAM;

/**
 * Enhances one image from standard input or to standard output. Messages go to standard error.
 * @throws UserError when it cannot be read, decoded or written, or there are several inputs.
 */
export async function enhanceStream(processor: Processor, settings: StreamSettings, context: Context): Promise<Ended> {
  const { report, signal } = context;
  const { output, tile, gate, quality, color, metadata } = settings;
  const input = oneInput(settings);
  const target = await formatFor(settings);
  if (output !== STREAM) await requireWritable([output], input === STREAM ? [] : [input]);
  else requireRedirectedOutput();
  if (output !== STREAM && (await isKept(output, settings))) {
    report.info(`left alone: ${output} exists; ${named("overwrite")} replace overwrites it`);
    return "done";
  }
  const content = input === STREAM ? await readStandardInput() : await readImageFile(input);
  const bar = report.progress(1, "enhancing");
  const start = performance.now();
  const { data, format, ...result } = await enhance(processor, content, {
    ...{ tile, quality, color, metadata, gate },
    ...(target !== undefined && { format: target }),
    name: input === STREAM ? "standard input" : input,
    onProgress: (share) => bar.update(share),
    signal,
  }).finally(() => bar.stop());
  const tally = new BatchTally();
  tally.add({ kind: "done", input, output, ...result, seconds: (performance.now() - start) / 1000 });
  reportSkipped(tally, settings.gateFile, context);
  reportRemarks(tally, context);
  if (output === STREAM) await writeStandardOutput(data);
  else await writeBytes(output, [data]);
  report.info(
    `${result.width}x${result.height} pixels, ${format}, to ${output === STREAM ? "standard output" : output}`,
  );
  return "done";
}

/** @throws UserError when there are several inputs, or a setting is for folders. */
function oneInput({ inputs, json, jsonLines, report, suffix }: StreamSettings): string {
  const [input = "", ...others] = inputs;
  if (others.length > 0)
    throw new UserError("standard input and output take one image; give one input, or a folder as output");
  const unfit = Object.entries({ suffix, report, json: json || undefined, jsonLines: jsonLines || undefined });
  const [conflict] = unfit.find(([, value]) => value !== undefined) ?? [];
  if (conflict !== undefined)
    throw new UserError(`${named(conflict)} is for files, and an image comes from or goes to a standard stream`);
  return input;
}

/** The format of the result; undefined: that of the input. @throws UserError when settings contradict each other. */
async function formatFor({ format, output }: StreamSettings): Promise<OutputFormat | undefined> {
  const given = format === "same" ? undefined : format;
  if (output === STREAM) return given;
  const isFolder = /[/\\]$/.test(output) || (await stat(output).catch(() => undefined))?.isDirectory();
  if (isFolder) throw new UserError(`cannot write standard input into the folder ${output}: give a file's name`);
  const own = formatOf(output);
  if (given !== undefined && given !== own)
    throw new UserError(`${named("format")} ${given} does not fit the file ${output}`);
  return own;
}

/** Whether an existing file stays. @throws UserError when it must not exist. */
export async function isKept(output: string, { overwrite }: Pick<StreamSettings, "overwrite">): Promise<boolean> {
  if (!(await stat(output).catch(() => undefined))) return false;
  if (overwrite === "fail") throw new UserError(`${output} exists; ${named("overwrite")} decides what happens to it`);
  return overwrite === "skip";
}
