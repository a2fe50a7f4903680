import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { evaluate } from "../src/commands/evaluate.js";
import { gradient } from "../src/commands/gradient.js";
import { inspect } from "../src/commands/inspect.js";
import { reproduce } from "../src/commands/reproduce.js";
import { tabulate } from "../src/commands/tabulate.js";
import { train } from "../src/commands/train.js";
import { openDataset } from "../src/data/dataset.js";
import { readItem } from "../src/data/item.js";
import { enhancePixels } from "../src/enhancement/enhance.js";
import { openLocalStore } from "../src/jobs/local-store.js";
import { encodeSafetensors } from "../src/onnx/safetensors.js";
import { float32, int64 } from "../src/onnx/tensor.js";
import { readModel, writeModel } from "../src/platform/node/models.js";
import { readSafetensors } from "../src/platform/node/safetensors-files.js";
import { openProcessor } from "../src/processors/open.js";
import { type Random, randomAt } from "../src/random.js";
import { openClassifier } from "../src/recognition/classifier.js";
import { type ByteEdit, byteEdits, duplicatePart, overwriteRun, pick, splice } from "./byte-mutations.js";
import { imagenetMeta } from "./imagenet-meta.js";
import { flatImage } from "./images.js";
import { runCommand } from "./run-command.js";
import { enlarging, writeClassifier, writeFiles, writeLabeledImages } from "./workspace.js";

/** A kind of file that is read as text, as named tensors or as records, with a valid example. */
export interface FuzzText {
  readonly name: string;
  readonly content: Buffer;
  /** Reads the file with this content as a user's command would. @throws UserError when it is refused. */
  read(content: Buffer): Promise<void>;
}

const SIDE = 16;

/** The kinds of files (most of them more than once, because that is how often they are picked), each in a folder of its own inside `folder`, which has to be the working folder. */
export async function fuzzTexts(folder: string, withRuns = true): Promise<FuzzText[]> {
  await writeLabeledImages(join(folder, "data"), 4, 2 * SIDE);
  await writeClassifier(join(folder, "classifier.onnx"), SIDE);
  await writeModel(enlarging(2), join(folder, "x2.onnx"));
  const quick = [
    ...dataTexts(folder),
    ...modelTexts(folder),
    ...commandTexts(folder),
    ...(await evaluationTexts(folder)),
  ];
  // A resumed training takes ten times as long as the others.
  return withRuns ? [...quick, ...quick, ...quick, ...(await runTexts(folder))] : quick;
}

/** Reads every image of a data set with its class. */
async function readData(folder: string): Promise<void> {
  const { items } = await openDataset([folder], { needLabels: true });
  for (const item of items) await readItem(item);
}

function dataTexts(folder: string): FuzzText[] {
  const image = readFileSync(join(folder, "data", "0.png"));
  const inFolder = (name: string, file: string, content: string | Buffer, others: Record<string, string | Buffer>) => {
    const place = join(folder, name);
    writeFiles(place, others);
    return {
      name,
      content: Buffer.from(content as string),
      async read(changed: Buffer) {
        writeFiles(place, { [file]: changed });
        await readData(place);
      },
    };
  };
  const images = { "a.png": image, "b/c.png": image };
  const validation = (number: number) => `ILSVRC2012_val_0000000${number}.JPEG`;
  const imagenet = { [validation(1)]: image, [validation(2)]: image };
  const record = Buffer.alloc(3073, 7);
  return [
    inFolder("labels.csv", "labels.csv", 'file,class_index\na.png,0\n"b/c.png",1\n', images),
    inFolder("wnids", "labels.csv", "file,wnid\na.png,n01440764\nb/c.png,n01443537\n", images),
    inFolder("classes.txt", "classes.txt", "cat\ndog\nbird\n", {
      ...images,
      "labels.csv": "file,class_index\na.png,0\nb/c.png,2\n",
    }),
    inFolder(
      "kaggle",
      "LOC_val_solution.csv",
      "ImageId,PredictionString\nILSVRC2012_val_00000001,n01440764 1 2 3 4\n",
      {
        ...imagenet,
      },
    ),
    inFolder("meta.mat", "meta.mat", imagenetMeta, {
      ...imagenet,
      "ILSVRC2012_validation_ground_truth.txt": "1\n2\n",
    }),
    inFolder("cifar", "data_batch_1.bin", Buffer.concat([record, record]), { "batches.meta.txt": "a\nb\nc\n" }),
  ];
}

function modelTexts(folder: string): FuzzText[] {
  const classify = async () => {
    const judge = await openClassifier("classifier.onnx", {}, { threads: 1 });
    await judge.predict([flatImage(SIDE, SIDE, 99)]).finally(() => judge.release());
  };
  const restore = async () => {
    const processor = await openProcessor("x2.onnx", { threads: 1 });
    await enhancePixels(processor, flatImage(SIDE, SIDE, 99)).finally(() => processor.release());
  };
  const sidecar = readFileSync(join(folder, "classifier.json"));
  const format = { input: { range: 255, mean: [0.5, 0.5, 0.5] }, output: { channels: "BGR", std: [0.5, 0.5, 0.5] } };
  const huggingFace = {
    size: { height: SIDE, width: SIDE },
    rescale_factor: 1 / 255,
    image_mean: [0.5],
    image_std: [2],
  };
  return [
    {
      name: "recognizer sidecar",
      content: sidecar,
      async read(content) {
        writeFileSync("classifier.json", content);
        await classify().finally(() => writeFileSync("classifier.json", sidecar));
      },
    },
    {
      name: "processor sidecar",
      content: Buffer.from(JSON.stringify(format)),
      async read(content) {
        writeFileSync("x2.json", content);
        await restore().finally(() => rmSync("x2.json"));
      },
    },
    {
      name: "preprocessor_config.json",
      content: Buffer.from(JSON.stringify(huggingFace)),
      async read(content) {
        writeFiles("hf", { "preprocessor_config.json": content });
        cpSync("classifier.onnx", "hf/model.onnx");
        const judge = await openClassifier("hf/model.onnx", {}, { threads: 1 });
        await judge.predict([flatImage(SIDE, SIDE, 99)]).finally(() => judge.release());
      },
    },
    {
      name: "model card",
      content: Buffer.from(JSON.stringify(exampleCard)),
      async read(content) {
        const graph = await readModel("x2.onnx");
        await writeModel({ ...graph, metadata: { "legible.card": content.toString() } }, "carded.onnx");
        await runCommand(inspect, "carded.onnx");
        await (await openProcessor("carded.onnx")).release();
      },
    },
  ];
}

const exampleCard = {
  ...{ task: "sr", options: { scale: 2 }, scale: 2, objective: "plain", lambda: 0, recognizers: [], network: "x" },
  ...{ init: null, data: { folders: ["data"], count: 4 }, steps: 2, batch: 1, crop: 16, lr: 1e-3, seed: 0 },
};

async function runTexts(folder: string): Promise<FuzzText[]> {
  const words = ["--data", "data", "--processor", "compact-s", "--steps", "2", "--batch", "1", "--crop", "32"];
  await runCommand(train, ...words, "--scale", "2", "--out", "run");
  const path = join(folder, "run", "checkpoint.safetensors");
  const { tensors, metadata } = await readSafetensors(path);
  writeFileSync(path, Buffer.concat(encodeSafetensors({ tensors, metadata: { ...metadata, step: "1" } })));
  const resume = (file: string) => async (content: Buffer) => {
    rmSync("resumed", { recursive: true, force: true });
    cpSync("run", "resumed", { recursive: true });
    writeFileSync(join("resumed", file), content);
    await runCommand(train, "--resume", "--out", "resumed");
  };
  return ["config.json", "checkpoint.safetensors", "log.jsonl"].map((file) => ({
    name: `run ${file}`,
    content: readFileSync(join(folder, "run", file)),
    read: resume(file),
  }));
}

function commandTexts(folder: string): FuzzText[] {
  const config = { data: "nowhere", task: "jpeg", quality: 30, steps: 2, batch: 1, lr: 0.001, out: "never" };
  const yaml =
    "# settings\ndata: [nowhere]\ntask: sr\nscale: 2\nsteps: 2\nrecognizer:\n  - classifier.onnx\nout: never\n";
  const recipe = {
    ...{ title: "A recipe", about: "trains", let: { shared: { steps: 2, data: "{data}" } } },
    stages: [
      { name: "plain", command: "train", use: ["shared"], settings: { objective: "plain" } },
      { name: "all", command: "evaluate", settings: { data: "{evaluate}", processor: ["a={plain}/model.onnx"] } },
    ],
  };
  const inputs = {
    input: float32(new Float32Array(3 * SIDE * SIDE).fill(0.5), [1, 3, SIDE, SIDE]),
    labels: int64([1]),
  };
  const withFile = (name: string, content: string | Buffer, read: (path: string) => Promise<unknown>): FuzzText => ({
    name,
    content: Buffer.from(content as string),
    async read(changed) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, changed);
      await read(path);
    },
  });
  const loss = ["--loss", "cross-entropy", "-o", "gradients.safetensors"];
  return [
    withFile("config.json", JSON.stringify(config), (path) => runCommand(train, "--config", path)),
    withFile("config.yaml", yaml, (path) => runCommand(train, "--config", path)),
    withFile("inspect.yaml", "model: classifier.onnx\ninputSize: 16\noutput: logits\n", (path) =>
      runCommand(inspect, "--config", path),
    ),
    withFile("recipe.json", JSON.stringify(recipe, null, 1), (path) => runCommand(reproduce, path, "--dry-run")),
    withFile("recipe.yaml", recipeYaml, (path) => runCommand(reproduce, path, "--dry-run")),
    withFile("inputs.safetensors", Buffer.concat(encodeSafetensors({ tensors: inputs, metadata: {} })), (path) =>
      runCommand(gradient, "classifier.onnx", "--inputs", path, ...loss),
    ),
  ];
}

const recipeYaml = `title: "A recipe"
about: trains
let:
  shared: &shared {steps: 2, data: "{data}"}
stages:
  - name: plain
    command: train
    settings: {objective: plain, data: "{data}", steps: 3}
  - name: more
    command: train
    use: [shared]
    settings:
      init: "{plain}/model.onnx"
`;

async function evaluationTexts(folder: string): Promise<FuzzText[]> {
  const words = ["--data", "data", "--processor", "a=x2.onnx", "--recognizer", "classifier.onnx", "--scale", "2"];
  await runCommand(evaluate, ...words, "--predictions", "predictions.jsonl");
  const job = { name: "a", key: "b", outputs: [{ path: "a.png", sha256: "0" }], result: { width: 1 } };
  return [
    {
      name: "predictions.jsonl",
      content: readFileSync(join(folder, "predictions.jsonl")),
      async read(content) {
        writeFileSync("changed.jsonl", content);
        await runCommand(tabulate, "changed.jsonl");
      },
    },
    {
      name: "jobs.jsonl",
      content: Buffer.from(`${JSON.stringify(job)}\n${JSON.stringify({ ...job, name: "c" })}\n`),
      async read(content) {
        writeFileSync("jobs.jsonl", content);
        const store = await openLocalStore("jobs.jsonl");
        for (const name of ["a", "c", "__proto__"]) await store.get(name);
        await store.close();
      },
    },
  ];
}

/** A corrupted file of one of the kinds. It depends only on the kinds, the seed and the index. */
export function mutatedText(
  texts: readonly FuzzText[],
  seed: number,
  index: number,
): { text: FuzzText; content: Buffer } {
  const random = randomAt(seed, index);
  const text = pick(random, texts);
  let bytes: Uint8Array = text.content;
  for (let left = random.uniform() < 0.6 ? 1 : 2 + random.integer(3); left > 0; left--)
    bytes = pick(random, textEdits(texts))(bytes, random);
  return { text, content: Buffer.from(bytes) };
}

const ODD_NUMBERS = [
  "-1",
  "0",
  "1e9999",
  "-1e999",
  "1.5",
  "99999999999999999999",
  "4294967296",
  "1e-320",
  "null",
  '"x"',
];
const ODD_TEXTS = [
  "__proto__",
  "constructor",
  "",
  "\\u0000",
  "\u001b[31m",
  "NaN",
  "../../..",
  "é".repeat(300),
  "{}",
  "[]",
];
const BLOCKS = [
  "\uFEFF",
  "\0",
  "\r",
  '"',
  ",,,,",
  "[".repeat(5000),
  "{a: &a [*a, *a]}\n",
  "---\n",
  "- ",
  "\t",
  "%YAML 9.9\n",
];

const replaced = (bytes: Uint8Array, pattern: RegExp, random: Random, value: string): Uint8Array => {
  const text = Buffer.from(bytes).toString("latin1");
  const found = [...text.matchAll(pattern)];
  const match = pick(random, found);
  if (!match) return bytes;
  const end = match.index + match[0].length;
  return withHeaderLength(bytes, text.slice(0, match.index) + Buffer.from(value).toString("latin1") + text.slice(end));
};

/** The bytes of a changed text; a safetensors header keeps a right length, so that what is behind it is reached. */
function withHeaderLength(before: Uint8Array, text: string): Uint8Array {
  const after = Buffer.from(text, "latin1");
  const isSafetensors = before[8] === 0x7b && before.length > 16 && before[7] === 0;
  if (isSafetensors && after.length > 8)
    after.writeUInt32LE(Math.max(0, after.readUInt32LE(0) + after.length - before.length), 0);
  return after;
}

const textEdits = (texts: readonly FuzzText[]): ByteEdit[] => [
  ...byteEdits,
  overwriteRun,
  duplicatePart,
  (bytes, random) => splice(bytes, pick(random, texts).content, random),
  ...Array<ByteEdit>(4).fill((bytes, random) => replaced(bytes, /-?\d+(\.\d+)?/g, random, pick(random, ODD_NUMBERS))),
  ...Array<ByteEdit>(2).fill((bytes, random) => replaced(bytes, /\w{2,}/g, random, pick(random, ODD_TEXTS))),
  (bytes, random) => replaced(bytes, /"[^"\n]*"/g, random, pick(random, ODD_NUMBERS)),
  (bytes, random) =>
    replaced(bytes, /\[[^[\]]*\]|\{[^{}]*\}/g, random, pick(random, ["[]", "{}", "null", "7", '[[["a"]]]'])),
  (bytes, random) => replaced(bytes, /[^\n]*\n/g, random, ""),
  (bytes, random) => replaced(bytes, /,|:|\n/g, random, pick(random, BLOCKS)),
];
