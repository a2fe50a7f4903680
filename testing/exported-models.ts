import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Tensor, toNumbers } from "../src/onnx/tensor.js";
import { readSafetensors, writeSafetensors } from "../src/platform/node/safetensors-files.js";
import { type CommandResult, legibleProcess } from "./workspace.js";

/**
 * Checks the files of exported-models.py through the command line and writes docs/exported-models.md:
 *
 *     python testing/exported-models.py FOLDER
 *     node dist/testing/exported-models.js FOLDER [NAME ...]
 *
 * Of each file it checks `inspect`, the gradient of its input, and three training steps: of a recognizer as R (the weights must
 * differ from those of plain training), of a processor as P. With names, it checks these files and writes no page.
 */

interface Entry {
  readonly name: string;
  readonly family: string;
  readonly form: string;
  /** R, or P and its scale. */
  readonly role: "R" | "P1" | "P4";
  readonly side: number;
  readonly input: string;
  /** The derivatives along the directions, by central differences. */
  readonly slopes: readonly number[];
}

interface Row {
  readonly entry: Entry;
  /** What went wrong, or "". */
  readonly inspect: string;
  readonly gradient: { readonly problem: string; readonly error: number; readonly cosine: number };
  readonly training: string;
}

/** Largest relative L2 error of a gradient; of a form with quantization or float16, the smallest cosine. */
const TOLERANCE = 1e-3;
const SMALLEST_COSINE: Readonly<Record<string, number>> = {
  float16: 0.99,
  "quantize-dynamic": 0.8,
  "quantize-qdq": 0.7,
  "quantize-qoperator": 0.7,
};

const STEPS = ["--steps", "3", "--batch", "2", "--seed", "0", "--threads", "2"];

async function main([given = "", ...names]: readonly string[]): Promise<void> {
  if (given === "") throw new Error("the folder of exported-models.py is missing");
  const folder = resolve(given);
  const entries = (JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Entry[]).filter(
    ({ name }) => names.length === 0 || names.some((wanted) => name.startsWith(wanted)),
  );
  const work = join(folder, "work");
  await legibleProcess(["synthesize", "-o", join(work, "data"), "--count", "16", "--classes", "10"]);
  const rows: Row[] = [];
  for (const entry of entries) {
    const inspect = problemOf(await legibleProcess(["inspect", join(folder, `${entry.name}.onnx`), "--json"]));
    const gradient = await checkGradient(folder, work, entry);
    const training = await checkTraining(folder, work, entry);
    rows.push({ entry, inspect, gradient, training });
    console.log(lineOf(rows.at(-1) as Row).join(" | "));
  }
  console.log(summaryOf(rows));
  if (names.length === 0) writeFileSync("docs/exported-models.md", pageOf(rows));
}

const problemOf = ({ code, err }: CommandResult): string =>
  code === 0 ? "" : (err.split("\n").findLast((line) => line.startsWith("legible:")) ?? `exit code ${code}`);

async function checkGradient(folder: string, work: string, { name, input, slopes }: Entry): Promise<Row["gradient"]> {
  const { tensors } = await readSafetensors(join(folder, `${name}.safetensors`));
  const [inputs, out] = [join(work, "inputs.safetensors"), join(work, "gradients.safetensors")];
  const given = { [input]: tensors[input] as Tensor, weight: tensors.weight as Tensor };
  await writeSafetensors(inputs, { tensors: given, metadata: {} });
  const words = ["gradient", join(folder, `${name}.onnx`), "--inputs", inputs, "--loss", "weighted-sum", "-o", out];
  const problem = problemOf(await legibleProcess(words));
  if (problem) return { problem, error: Number.NaN, cosine: Number.NaN };
  const found = toNumbers((await readSafetensors(out)).tensors[`grad.${input}`] as Tensor);
  const wanted = toNumbers(tensors.gradient as Tensor);
  const length = Math.sqrt(dot(wanted, wanted));
  const difference = found.map((value, i) => value - (wanted[i] as number));
  const byPyTorch = Math.sqrt(dot(difference, difference)) / length;
  const byDifferences = slopes.map((slope, i) => {
    const direction = toNumbers(tensors[`direction.${i}`] as Tensor);
    return Math.abs(dot(found, direction) - slope) / length;
  });
  const error = Math.min(byPyTorch, Math.max(...byDifferences));
  return { problem, error, cosine: dot(found, wanted) / (length * Math.sqrt(dot(found, found))) };
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

async function checkTraining(folder: string, work: string, { name, role, side }: Entry): Promise<string> {
  const [model, data] = [join(folder, `${name}.onnx`), ["--data", join(work, "data")]];
  const scale = role === "P1" ? 1 : 4;
  const task = role === "P1" ? ["--task", "denoise"] : ["--task", "sr", "--scale", String(scale)];
  const crop = ["--crop", String(role === "R" ? side : side * scale)];
  const out = join(work, "runs", name);
  if (role !== "R")
    return problemOf(
      await legibleProcess(["train", ...task, ...data, ...crop, ...STEPS, "--processor", model, "--out", out]),
    );
  const common = [...task, ...data, ...crop, ...STEPS, "--processor", "compact-s"];
  const plain = join(work, "runs", `plain-${side}`);
  if (!existsSync(join(plain, "model.onnx"))) await legibleProcess(["train", ...common, "--out", plain]);
  const recognizer = [
    "--objective",
    "ra",
    "--recognizer",
    model,
    "--size",
    String(side),
    "--mean",
    "0,0,0",
    "--std",
    "1,1,1",
    "--lambda",
    "1",
  ];
  const problem = problemOf(await legibleProcess(["train", ...common, ...recognizer, "--out", out]));
  if (problem) return problem;
  const [a, b] = [plain, out].map((run) => readFileSync(join(run, "model.onnx")));
  return a?.equals(b as Buffer) ? "the weights are those of plain training" : "";
}

const isRight = ({ entry, inspect, gradient, training }: Row): boolean => {
  const smallest = SMALLEST_COSINE[entry.form];
  const gradientIsRight = smallest === undefined ? gradient.error <= TOLERANCE : gradient.cosine >= smallest;
  return inspect === "" && gradientIsRight && training === "";
};

function lineOf({ entry, inspect, gradient, training }: Row): string[] {
  const measured =
    entry.form in SMALLEST_COSINE ? `cosine ${gradient.cosine.toFixed(4)}` : gradient.error.toExponential(1);
  const done = (problem: string) => problem || "done";
  return [entry.name, entry.role[0] as string, done(inspect), gradient.problem || measured, done(training)];
}

const summaryOf = (rows: readonly Row[]): string =>
  `${rows.filter(isRight).length} of ${rows.length} files of ${new Set(rows.map(({ entry }) => entry.family)).size} families are right`;

const pageOf = (rows: readonly Row[]): string => `# Exported models

Networks as their users export them: \`testing/exported-models.py\` builds small ones with random weights, exports them with both
exporters of PyTorch 2.13 and their default arguments (a fixed batch of 1), and lets ONNX Runtime 1.30 optimize and quantize
some. \`testing/exported-models.js\` checks each file through the command line: \`inspect\`; the gradient of its input; and three
training steps, as the recognizer R or as the processor P.

The gradient's column is the relative L2 error against PyTorch in float64 (or, where PyTorch itself disagrees with central
differences, the largest error along three random directions), and ${TOLERANCE} is the largest accepted. For float16 and quantized
files it is the cosine with the gradient of the float32 network, at least 0.99 for float16, 0.8 for dynamic and 0.7 for static
quantization: random weights lose much when they are quantized.

${summaryOf(rows)}.

| file | serves as | inspect | gradient | training |
|---|---|---|---|---|
${rows.map((row) => `| ${lineOf(row).join(" | ")} |`).join("\n")}
`;

await main(process.argv.slice(2));
