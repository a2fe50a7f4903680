import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { float, GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf } from "../src/onnx/tensor.js";
import { encodeImage } from "../src/platform/node/codec.js";
import { writeModel } from "../src/platform/node/models.js";
import { randomAt } from "../src/random.js";

/** An empty folder that is deleted after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "legible-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files with these contents to `folder`. Missing subfolders are created. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Writes `count` smooth colored images of two classes, numbered from `first` on, and their labels.csv to `folder`. */
export async function writeLabeledImages(folder: string, count: number, side: number, first = 0): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const rows = ["file,class_index"];
  for (let index = first; index < first + count; index++) {
    const random = randomAt(1, index);
    const [fx, fy, phase] = [1 + random.integer(6), 1 + random.integer(6), random.uniform()];
    const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
      const [x, y, channel] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
      return 128 + 100 * Math.sin((2 * Math.PI * (fx * x + fy * y)) / side + phase * (channel + 1));
    });
    await encodeImage({ width: side, height: side, data }, join(folder, `${index}.png`));
    rows.push(`${index}.png,${index % 2}`);
  }
  writeFileSync(join(folder, "labels.csv"), `${rows.join("\n")}\n`);
}

/** Writes a small classifier of two classes with random weights and its sidecar. `extra` adds operators before pooling. */
export async function writeClassifier(
  path: string,
  side: number,
  extra: (b: GraphBuilder, features: string) => string = (_, features) => features,
): Promise<void> {
  const b = new GraphBuilder("classifier");
  const image = b.input("input", ["N", 3, "H", "W"]);
  const features = b.Relu(b.Conv(image, b.initializer("conv", randomWeight([8, 3, 3, 3], 1)), "", { strides: [2, 2] }));
  const pooled = b.Flatten(b.GlobalAveragePool(extra(b, features)));
  b.output("logits", b.add("Gemm", [pooled, b.initializer("head", randomWeight([8, 2], 2))], { alpha: float(10) }), [
    "N",
    2,
  ]);
  await writeModel(b.build(), path);
  const input = { size: side, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input }));
}

/** Normally distributed values of standard deviation 0.3. */
function randomWeight(shape: readonly number[], seed: number) {
  const random = randomAt(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * random.normal()),
    shape,
  );
}

/** A processor that enlarges by `scale` with nearest-neighbor interpolation. */
export function enlarging(scale: number): Graph {
  const b = new GraphBuilder("enlarging");
  const image = b.input("image", ["N", 3, "H", "W"]);
  const mode = { mode: { kind: "string", value: "nearest" } } as const;
  b.output("restored", b.Resize(image, [1, 1, scale, scale], mode), ["N", 3, "H_out", "W_out"]);
  return b.build();
}

/** The result of a command: exit code, standard output and standard error. */
export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The result of a process. */
export interface ProcessResult extends CommandResult {
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
}

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));

/** A signal that is sent after a number of milliseconds, or once standard error matches a pattern. */
export type Interruption =
  | { readonly signal: NodeJS.Signals; readonly after: number }
  | { readonly signal: NodeJS.Signals; readonly when: RegExp };

/** Runs `legible …` in a child process and optionally interrupts it. */
export function legibleProcess(args: readonly string[], interruption?: Interruption): Promise<ProcessResult> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const interrupt = () => interruption && child.kill(interruption.signal);
  const timer = interruption && "after" in interruption ? setTimeout(interrupt, interruption.after) : undefined;
  const pattern = interruption && "when" in interruption ? interruption.when : undefined;
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    const matched = pattern?.test(err);
    err += chunk;
    if (!matched && pattern?.test(err)) interrupt();
  });
  return new Promise((resolve) =>
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out, err });
    }),
  );
}
