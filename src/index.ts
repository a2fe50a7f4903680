/* The public library. Reading order: graphs, gradients, running, training, judging, enhancing. */

export { type Differentiated, gradients, type Obstacle, obstacles } from "./autodiff/gradients.js";
export { noGradient, type Rule, type RuleContext } from "./autodiff/rule.js";
export { type Dataset, openDataset, type Selection } from "./data/dataset.js";
export { type Item, readItem } from "./data/item.js";
export { type LabelledSets, openLabelledSets } from "./data/labelled-sets.js";
export { type Random, randomAt } from "./data/random.js";
export { draw, drawWhole, type Range, range } from "./data/range.js";
export { type BoxedObject, drawScene, type Scene, type SceneSettings } from "./data/synthetic/scene.js";
export { findStyle, type Style, styles } from "./data/synthetic/styles.js";
export { type SynthesisOptions, synthesize } from "./data/synthetic/write.js";
export { drawSynthetic, syntheticClasses, writeSynthetic } from "./data/synthetic.js";
export { defineTask, type Task, type TaskKind } from "./data/task.js";
export { findTask, taskKinds } from "./data/tasks/index.js";
export { enhanceAll } from "./enhancement/batch.js";
export { enhanceFile } from "./enhancement/enhance.js";
export { Processor } from "./enhancement/processor.js";
export { UserError } from "./errors.js";
export { type EvaluateOptions, evaluate } from "./evaluation/evaluate.js";
export type { Accuracy, Evaluation, Gain, Row } from "./evaluation/evaluation.js";
export { evaluationTable } from "./evaluation/table.js";
export { float, GraphBuilder, int, ints, string, type WindowOptions } from "./graph/builder.js";
export {
  type Attribute,
  bindShapes,
  type Dim,
  type Graph,
  type Node,
  prune,
  type ValueInfo,
  withOutputs,
} from "./graph/graph.js";
export { decodeModel, readModel } from "./graph/read.js";
export { readSafetensors, type Safetensors, writeSafetensors } from "./graph/safetensors.js";
export { type DataType, float32, int64, type Tensor } from "./graph/tensor.js";
export { encodeModel, writeModel } from "./graph/write.js";
export { decodeImage, encodeImage } from "./images/codec.js";
export type { Image } from "./images/image.js";
export { resize } from "./images/resize.js";
export { type GradientOptions, type LossGradients, lossGradients } from "./inspection/gradient.js";
export {
  type GraphInspection,
  type Inspection,
  type InspectOptions,
  inspectGraph,
  inspectModel,
} from "./inspection/inspect.js";
export type { LossKind } from "./inspection/loss.js";
export { magnitudes, type Saliency, saliency } from "./inspection/saliency.js";
export { type ParameterKind, parameterKinds, weightsOf } from "./inspection/weights.js";
export { inferenceForm } from "./lowering/inference.js";
export { pairedBootstrap, wilson } from "./metrics/bootstrap.js";
export { psnr, psnrY } from "./metrics/psnr.js";
export { ssim, ssimPytorch, ssimY } from "./metrics/ssim.js";
export { averageProcessors } from "./networks/average.js";
export { Card, cardOf } from "./networks/card.js";
export { findNetwork, networks } from "./networks/index.js";
export type { Network } from "./networks/network.js";
export { buildRecognizer, recognizerNetworks } from "./networks/recognizers/index.js";
export type { RecognizerNetwork } from "./networks/recognizers/recognizer.js";
export { type Distance, type DistanceName, distanceNames, distanceOf } from "./objectives/distances.js";
export { type ImageLoss, imageLosses } from "./objectives/image-loss.js";
export { defaultLambda, findObjective, objectives } from "./objectives/index.js";
export type { FrozenRecognizer, Losses, Objective, ObjectiveContext } from "./objectives/objective.js";
export type { Preprocessing } from "./recognition/preprocessing.js";
export { loadRecognizer, type Recognizer, readRecognizer } from "./recognition/recognizer.js";
export { heatMap } from "./report/heatmap.js";
export { type Probe, probe } from "./runtime/probe.js";
export { type Device, Session, type SessionOptions, type Tensors } from "./runtime/session.js";
export type { HeldOutAccuracy } from "./training/held-out-accuracy.js";
export type { StepProgress as TrainingProgress } from "./training/loop.js";
export type { TrainingConfig } from "./training/run-folder.js";
export { type TrainingResult, type TrainOptions, train } from "./training/train.js";
export {
  type RecognizerConfig,
  type RecognizerResult,
  type RecognizerTraining,
  trainRecognizer,
} from "./training/train-recognizer.js";
