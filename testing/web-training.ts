import {
  adamScalars,
  buildRecognizer,
  classifierModel,
  findNetwork,
  findObjective,
  fitRecognizer,
  float32,
  int64,
  LAMBDA,
  learningRate,
  nextState,
  type Preprocessing,
  processorForward,
  randomAt,
  Session,
  scalars,
  type Tensors,
  trainingStep,
} from "../src/web.js";

const SEED = 3;
/** Adam gives a weight whose gradient is rounding alone a whole step either way: at this rate the losses do not notice. */
const RATE = 1e-4;
const [BATCH, CROP, SCALE, CLASSES] = [2, 64, 4, 10];

const preprocessing: Preprocessing = {
  ...{ size: CROP, layout: "NCHW", channels: "RGB", range: 1, mean: [0, 0, 0], std: [1, 1, 1] },
};

/** Random images [BATCH, 3, side, side] in [0, 1]. */
function images(side: number, place: number) {
  const random = randomAt(SEED, place);
  return float32(
    Float32Array.from({ length: BATCH * 3 * side ** 2 }, () => random.uniform()),
    [BATCH, 3, side, side],
  );
}

/**
 * The loss and its parts after each step of a small RA training, all of it through `legible/web`: in Node by onnxruntime-node,
 * from a bundle for the browser by onnxruntime-web.
 */
export async function raLosses(steps: number): Promise<Readonly<Record<string, number>>[]> {
  const classifier = buildRecognizer("small-resnet", CLASSES, CROP, SEED);
  const recognizer = classifierModel(classifier, { name: classifier.name, preprocessing, sha256: "" });
  const forward = processorForward({
    processor: findNetwork("compact-s", SCALE).build(SCALE, SEED),
    trainNorms: true,
    objective: findObjective("ra"),
    recognizers: [await fitRecognizer(recognizer, BATCH, CROP)],
    batch: BATCH,
    degradedSide: CROP / SCALE,
    cleanSide: CROP,
  });
  const step = await trainingStep(forward);
  const session = await Session.create(step.graph);
  const batch: Tensors = { degraded: images(CROP / SCALE, 0), clean: images(CROP, 1), labels: int64([4, 7]) };
  let { state } = step;
  const losses: Record<string, number>[] = [];
  for (let i = 0; i < steps; i++) {
    const rates = scalars({ ...adamScalars(learningRate(RATE, i, steps), i + 1), [LAMBDA]: 0.1 });
    const results = await session.run({ ...batch, ...rates, ...state });
    state = nextState(step, results);
    losses.push(
      Object.fromEntries(
        ["loss", "loss.image", "loss.recognition"].map((name) => [name, Number(results[name]?.data[0])]),
      ),
    );
  }
  await session.release();
  return losses;
}
