import { UserError } from "../errors.js";
import { effectOf, type GateEffect, type RiskLimit } from "../gate/calibrate.js";
import { fitRule, type PoolImage } from "../gate/fit.js";
import type { Gate } from "../gate/gate.js";
import { changesOf } from "./changes.js";
import { readPredictions } from "./from-predictions.js";
import type { MeasuredEvaluation } from "./measurements.js";

/** What a gate is fitted to. */
export interface GateOptions extends RiskLimit {
  /** The name of the processor. Default: the only one. */
  readonly processor?: string;
}

/** A gate with its effect on the calibration images of each file. */
export interface GateFit {
  readonly gate: Gate;
  readonly byFile: readonly { readonly title: string; readonly effect: GateEffect; readonly without: GateEffect }[];
}

/**
 * Fits the gate of a processor on predictions files that `evaluate` wrote: one for each degradation that users' images may have.
 * A photograph is one file, which may be in several evaluations. Each image of each file counts equally.
 * @throws UserError when the files have other processors or judges, or lack what a gate needs.
 */
export async function gateFrom(paths: readonly string[], options: GateOptions): Promise<GateFit> {
  const sources: Source[] = [];
  for (const path of paths) sources.push(sourceOf(path, await readPredictions(path), options.processor));
  const [first] = sources as [Source, ...Source[]];
  for (const other of sources.slice(1)) requireAlike(first, other);
  const { alpha, delta } = options;
  const { calibrated, ...rule } = fitRule(
    sources.flatMap(({ pool }, source) => pool.map((image) => ({ ...image, source }))),
    { alpha, delta },
  );
  const gate: Gate = {
    ...{ format: "legible-gate", version: 1, processor: first.processor, judges: [...first.judges] },
    pool: sources.map(({ task, options: given, pool }) => ({ task, options: given, images: pool.length })),
    ...{ alpha, delta },
    ...rule,
  };
  const byFile = sources.map(({ title }, i) => {
    const images = calibrated.filter(({ source }) => source === i);
    return { title, effect: effectOf(images, rule.threshold), without: effectOf(images, 1) };
  });
  return { gate, byFile };
}

/** What a predictions file contributes. */
interface Source {
  readonly path: string;
  /** "denoise sigma 0.1" */
  readonly title: string;
  readonly task: string;
  readonly options: Record<string, unknown>;
  readonly processor: Gate["processor"];
  readonly judges: readonly string[];
  readonly pool: readonly Omit<PoolImage, "source">[];
}

function sourceOf(path: string, { setting, measurements }: MeasuredEvaluation, wanted: string | undefined): Source {
  const { task, options, processor_sha256: digests = {} } = setting;
  const again = "evaluate again with this version";
  const names = Object.keys(digests);
  if (names.length === 0) throw new UserError(`${path} names no processor by its SHA-256: ${again}, with a processor`);
  if (wanted === undefined && names.length > 1)
    throw new UserError(`${path} has several processors (${names.join(", ")}): choose one with \`processor\``);
  const name = wanted ?? (names[0] as string);
  const sha256 = digests[name];
  if (sha256 === undefined) throw new UserError(`${path} has no processor "${name}"; it has ${names.join(", ")}`);
  const { images, judges, processors } = measurements;
  const changes = changesOf(measurements, processors.indexOf(name));
  if (!changes) throw new UserError(`${path} has no predictions of classifiers, which a gate is fitted on`);
  const pool = images.map(({ file, label, degradation }, i) => {
    if (!degradation) throw new UserError(`${path} has no estimates of the images' degradation: ${again}`);
    if (label === null) throw new UserError(`${path}: ${file} has no class, which a gate needs`);
    return { photograph: file, degradation, ...(changes[i] as (typeof changes)[number]) };
  });
  const title = [task, ...Object.entries(options).map(([key, value]) => `${key} ${value}`)].join(" ");
  return { path, title, task, options, processor: { name, sha256 }, judges, pool };
}

function requireAlike(first: Source, other: Source): void {
  if (first.processor.sha256 !== other.processor.sha256)
    throw new UserError(
      `${first.path} and ${other.path} have other processors under the name "${other.processor.name}": their SHA-256 differ`,
    );
  if (first.judges.join("\n") !== other.judges.join("\n"))
    throw new UserError(
      `${first.path} and ${other.path} have other judges (${first.judges.join(", ")}; ${other.judges.join(", ")})`,
    );
}
