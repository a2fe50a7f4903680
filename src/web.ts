/*
 * `legible/web`: the part of the library that runs in a browser. It builds, differentiates, trains and runs graphs; reading
 * files, decoding images and loading data are the page's own. A bundler has to use the condition `browser`, as Vite, esbuild
 * and webpack do for browsers; then `Session` is onnxruntime-web, which is installed beside this package. Its `.wasm` files
 * are found where `env.wasm.wasmPaths` of `onnxruntime-web/wasm` points.
 */

/** Gradients of graphs. */
export { type Differentiated, gradients, type Obstacle, obstacles } from "./autodiff/gradients.js";
export { noGradient, type Rule, type RuleContext } from "./autodiff/rule.js";
/** The library in a worker: images and models in, images and predictions out. */
export type {
  BrowserDevice,
  BrowserImage,
  BrowserModel,
  BrowserOptions,
  BrowserProcessor,
  BrowserRecognizer,
  BrowserTraining,
  GradientMap,
  Legible,
  LoadModelOptions,
  ModelSource,
  OpenLegible,
  Pixels,
  Recognition,
  TrainedInBrowser,
  TrainingStepReport,
  UsedDevice,
  WorkOptions,
} from "./browser/api.js";
export { encodePixels, type PixelFormat } from "./browser/encode.js";
export { openLegible } from "./browser/legible.js";
/** Errors that a user can act on. */
export { UserError } from "./errors.js";
/** 8-bit images, such as those of a canvas, and their float planes; Pillow's resizing. */
export { centerCrop, crop, flipHorizontal, shrinkShorterSide } from "./images/crop.js";
export type { Image } from "./images/image.js";
export { fromPlanar, toPlanar } from "./images/planar.js";
export { type Filter, resize } from "./images/resize.js";
export { type Difference, pairedBootstrap, wilson } from "./metrics/bootstrap.js";
export { MAX_PSNR, meanPsnr, psnr, psnrY } from "./metrics/psnr.js";
/** Image quality, accuracy and their intervals. */
export { type ClassScore, rankingOf, rankOf } from "./metrics/ranking.js";
export { ssim, ssimPytorch, ssimY } from "./metrics/ssim.js";
export { SsimMeter } from "./metrics/ssim-meter.js";
/** Networks with initial weights: processors and recognizers. */
export { findNetwork, networks } from "./networks/index.js";
export type { Network } from "./networks/network.js";
export { buildRecognizer, recognizerNetworks } from "./networks/recognizers/index.js";
export type { RecognizerNetwork } from "./networks/recognizers/recognizer.js";
/** What a training minimizes. */
export { type Distance, type DistanceName, distanceNames, distanceOf } from "./objectives/distances.js";
export { type ImageLoss, imageLoss, imageLosses } from "./objectives/image-loss.js";
export { defaultLambda, findObjective, objectives } from "./objectives/index.js";
export { crossEntropy, meanSquaredError, smoothedCrossEntropy } from "./objectives/losses.js";
export type { FrozenRecognizer, Losses, Objective, ObjectiveContext } from "./objectives/objective.js";
/** Graphs: build, decode from the bytes of an ONNX file, encode, specialize shapes. Tensors, and safetensors files in bytes. */
export { float, GraphBuilder, int, ints, string, type WindowOptions } from "./onnx/builder.js";
export { decodeModel } from "./onnx/decode.js";
export { encodeModel } from "./onnx/encode.js";
export {
  type Attribute,
  type Dim,
  type Graph,
  type Node,
  prune,
  specialize,
  type ValueInfo,
  withOutputs,
} from "./onnx/graph.js";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./onnx/safetensors.js";
export { type DataType, float32, int64, type NumericData, type Tensor, zeros } from "./onnx/tensor.js";
/** Rewrites of graphs to faster forms. */
export { findPasses } from "./passes/index.js";
export { optimizeForInference } from "./passes/optimize-for-inference.js";
export type { Pass, PassContext } from "./passes/pass.js";
/** Processors: restore images, take the mean of weights, read the card that training wrote. */
export { averageProcessors, type Extrapolation } from "./processors/average.js";
export { withBorder } from "./processors/border.js";
export { Card, cardOf } from "./processors/card.js";
export { type ImageFormat, type ProcessorFormat, parseFormat, plainFormat } from "./processors/format.js";
export type { Geometry } from "./processors/geometry.js";
export { Processor, type ProcessorSource } from "./processors/processor.js";
/** Random numbers that follow from a seed. */
export { type Random, randomAt } from "./random.js";
/** Recognizers: any classifier behind its preprocessing, fitted to the crops of a training. */
export { type FittedRecognizer, fitFeatures, fitRecognizer } from "./recognition/fit.js";
export { classifierModel, type RecognizerModel, type RecognizerSource } from "./recognition/model.js";
export type { Preprocessing } from "./recognition/preprocessing.js";
export type { Device, Tensors } from "./runtime/backend.js";
/** Run graphs; probe the shapes of their values. */
export { type Probe, type ProbeOptions, probe } from "./runtime/probe.js";
export { Session, type SessionOptions } from "./runtime/session.js";
/** A training step as one graph: forward graphs, the step, its state, the scalars of each step. */
export { adamScalars } from "./training/adam.js";
export type { WeightedRecognizer } from "./training/frozen-in-graph.js";
export { LAMBDA, type ProcessorForwardOptions, processorForward, SQUARED_ERROR } from "./training/processor-forward.js";
export { recognizerForward } from "./training/recognizer-forward.js";
export { lambdaAt, learningRate } from "./training/schedule.js";
export {
  type Forward,
  type Goal,
  nextState,
  scalars,
  type TrainingStep,
  trainingStep,
  withState,
} from "./training/step.js";
export { buildTransformer, forRecognizers } from "./training/transformer.js";
