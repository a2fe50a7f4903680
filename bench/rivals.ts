import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Work } from "./works.js";

/** A workload with its parameters. */
export interface Job {
  readonly work: string;
  readonly batch: number;
  /** Number of image files of a pipeline. */
  readonly images: number;
}

/** A program that runs workloads. It follows the protocol of `RivalProcess`. */
export interface Rival {
  readonly name: string;
  readonly kinds: readonly Work["kind"][];
  command(job: Job): readonly [program: string, ...args: string[]];
}

const compiled = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const source = (file: string) => fileURLToPath(new URL(`../../bench/${file}`, import.meta.url));

/** The Python that `LEGIBLE_BENCH_PYTHON` names, or the first with PyTorch; one without reports that PyTorch is missing. */
const pythons = ["python3", "/usr/bin/python3"];
const python =
  process.env.LEGIBLE_BENCH_PYTHON ??
  pythons.find((each) => spawnSync(each, ["-c", "import torch"]).status === 0) ??
  "python3";

const legible = (name: string, kinds: Rival["kinds"]): Rival => ({
  name,
  kinds,
  command: ({ work, batch, images }) => [
    process.execPath,
    compiled("./legible.js"),
    work,
    String(batch),
    name,
    String(images),
  ],
});

const pytorch = (form: string, kinds: Rival["kinds"]): Rival => ({
  name: `pytorch-${form}`,
  kinds,
  command: ({ work, batch }) => [python, source("pytorch.py"), work, String(batch), form],
});

/** The rivals that compute with less than float32. */
export const LOWER_PRECISION: readonly string[] = ["pytorch-bfloat16"];

const script = (name: string, file: string): Rival => ({
  name,
  kinds: ["step", "inference"],
  command: ({ work, batch }) => [process.execPath, compiled(file), work, String(batch)],
});

export const rivals: readonly Rival[] = [
  legible("legible", ["step", "inference", "pipeline"]),
  legible("legible-unlowered", ["step", "inference"]),
  legible("legible-bare", ["pipeline"]),
  pytorch("nchw", ["step", "inference"]),
  pytorch("channels-last", ["step", "inference"]),
  pytorch("compile", ["step", "inference"]),
  pytorch("frozen", ["inference"]),
  pytorch("bfloat16", ["step", "inference"]),
  script("tfjs-wasm", "./tfjs.js"),
  script("jax-js", "./jax-js.js"),
];
