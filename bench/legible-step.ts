import { srresnet } from "../src/networks/srresnet.js";
import { plain } from "../src/objectives/plain.js";
import { ra } from "../src/objectives/ra.js";
import { specialize } from "../src/onnx/graph.js";
import { findPasses } from "../src/passes/index.js";
import { collectGarbage } from "../src/platform/node/garbage.js";
import { Session } from "../src/runtime/session.js";
import { processorForward } from "../src/training/processor-forward.js";
import { trainingStep } from "../src/training/step.js";
import { resnet18 } from "./resnet18.js";
import { stepping } from "./stepping.js";

export type LegibleStep = "plain-step" | "ra-step";

/** A function that runs one training step of SRResNet x4 on random images per call. */
export async function legibleStep(work: LegibleStep, batch: number, passes: string): Promise<() => Promise<void>> {
  const { session, ...step } = await prepareStep(work, batch, passes);
  collectGarbage(); // as train() does
  return stepping(session, step, { batch, degraded: 56, clean: 224 });
}

/** The session and the initial state of the steps. The weights of R are only in the session. */
async function prepareStep(work: LegibleStep, batch: number, passes: string) {
  const graph = {
    ...specialize(resnet18(), { image: [batch, 3, 224, 224] }),
    outputs: [{ name: "logits", shape: [batch, 1000] }],
  };
  const forward = processorForward({
    processor: srresnet.build(4, 0),
    trainNorms: true,
    objective: work === "ra-step" ? ra : plain,
    recognizers: work === "ra-step" ? [{ graph }] : [],
    batch,
    degradedSide: 56,
    cleanSide: 224,
  });
  const { graph: stepGraph, next, state } = await trainingStep(forward, findPasses(passes, "cpu"));
  return { session: await Session.create(stepGraph), next, state };
}
