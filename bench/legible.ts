import { createRequire } from "node:module";
import { optimizeForInference } from "../src/passes/optimize-for-inference.js";
import { Session } from "../src/runtime/session.js";
import { answer, type Measure, timed } from "./answering.js";
import { legibleStep } from "./legible-step.js";
import { noise } from "./noise.js";
import { bareEvaluation, bareTraining, evaluatePipeline, trainPipeline } from "./pipelines.js";
import { inferenceNetwork } from "./works.js";

/* Legible as a rival: legible.js WORK BATCH RIVAL IMAGES, where IMAGES is the number of image files. */

const [work = "", batchText = "", rival = "", imageCount = ""] = process.argv.slice(2);
const batch = Number(batchText);
const optimized = rival !== "legible-unlowered";

async function inference(): Promise<Measure> {
  const plain = inferenceNetwork(work, batch);
  const session = await Session.create(optimized ? optimizeForInference(plain) : plain);
  const image = noise(plain.inputs[0]?.shape as number[]);
  return timed(() => session.run({ image }));
}

async function measure(): Promise<Measure> {
  const bare = rival === "legible-bare";
  if (work === "plain-step" || work === "ra-step")
    return timed(await legibleStep(work, batch, optimized ? "all" : "none"));
  if (work === "train-pipeline" || work === "train-ra-pipeline")
    return bare ? bareTraining(work, batch) : trainPipeline(work, batch, Number(imageCount));
  if (work === "evaluate-pipeline") return bare ? bareEvaluation(batch) : evaluatePipeline(batch, Number(imageCount));
  return inference();
}

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
await answer(async () => ({ version: `this checkout on ONNX Runtime ${version}`, measure: await measure() }));
