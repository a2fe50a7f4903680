/* The public library. Reading order: graphs, gradients, running, training, judging, enhancing. */

export { type Boundaries, type BoundaryOptions, boundaries } from "./analysis/boundaries.js";
export { type Differentiated, gradients, type Obstacle, obstacles } from "./autodiff/gradients.js";
export { noGradient, type Rule, type RuleContext } from "./autodiff/rule.js";
export { type Annotation, type Box, classOf } from "./data/annotation.js";
export { type Dataset, type DatasetOptions, openDataset, type Selection } from "./data/dataset.js";
export type { Fingerprint } from "./data/fingerprint.js";
export { applyHandling, applyHandlings } from "./data/handling/apply.js";
export { type HandlingChain, handlingChain } from "./data/handling/chain.js";
export type { Handling, HandlingKind } from "./data/handling/handling.js";
export { type Item, readItem } from "./data/item.js";
export { type LabelledOptions, type LabelledSets, openLabelledSets } from "./data/labelled-sets.js";
export { draw, drawInteger, type Range, range } from "./data/range.js";
export type { Part } from "./data/sources/source.js";
export type { Split } from "./data/split.js";
export { defineTask, type Task, type TaskKind } from "./data/task.js";
export { findTask, taskKinds } from "./data/tasks/index.js";
export { type Detector, type DetectorProtocol, type OpenDetectorSettings, openDetector } from "./detection/detector.js";
export { type ImageDetections, writeDevkitResults } from "./detection/result-files.js";
export { type DetectionScore, type ScoreOptions, scoreDetections } from "./detection/score.js";
export { type DegradeFilesOptions, degradeFiles, type EnhanceFilesOptions, enhanceFiles } from "./enhancement/batch.js";
export {
  type EnhancedImage,
  type EnhanceFileOptions,
  type EnhanceOptions,
  enhance,
  enhanceFile,
  enhancePixels,
  type ImageRemarks,
  type ImageSize,
} from "./enhancement/enhance.js";
export { type Enhancer, type EnhancerOptions, openEnhancer } from "./enhancement/enhancer.js";
export {
  type BatchOptions,
  type BatchSummary,
  type FailedImage,
  type ImageEvent,
  openOutputStore,
  type WrittenImage,
} from "./enhancement/image-jobs.js";
export type { OverwriteMode } from "./enhancement/image-states.js";
export type { ByteStream, EnhanceInput, ImagePath, RawImage, WebByteStream } from "./enhancement/input.js";
export type { OutputNaming } from "./enhancement/output-names.js";
export { type FilePlan, type PlannedImage, planFiles } from "./enhancement/plan.js";
export type { MetadataMode, OutputFormat } from "./enhancement/raster-codec.js";
export { UserError } from "./errors.js";
export { Control, type ControlOptions } from "./evaluation/control.js";
export { type EvaluateOptions, evaluate } from "./evaluation/evaluate.js";
export type {
  Accuracy,
  DetectionSetting,
  DetectorFigures,
  DetectorGain,
  Evaluation,
  EvaluationSetting,
  Flawed,
  Flips,
  Gain,
  GateRisk,
  GateSetting,
  LabelAgreement,
  LabelSetting,
  Row,
  SegmenterFigures,
  SegmenterGain,
  ServiceGain,
  Skipped,
} from "./evaluation/evaluation.js";
export {
  type FlippedPrediction,
  type FlippedPredictionsOptions,
  flippedPredictions,
} from "./evaluation/flipped-predictions.js";
export { evaluationFrom } from "./evaluation/from-predictions.js";
export { type GateFit, type GateOptions, gateFrom } from "./evaluation/gate-from-predictions.js";
export type { Interval } from "./evaluation/interval.js";
export { type JudgeFile, type JudgeSettings, judgeKind, openJudge } from "./evaluation/open-judge.js";
export { type Protocol, type ProtocolName, protocols } from "./evaluation/protocols.js";
export type {
  Correlation,
  Correlations,
  HandledFigures,
  Lattice,
  MeanFigure,
  MeanGain,
  MeanGains,
  Survival,
  SurvivingFigure,
  SurvivingGain,
} from "./evaluation/robustness.js";
export { evaluationTable } from "./evaluation/table.js";
export { Gate, readGate } from "./gate/gate.js";
export type { Image } from "./images/image.js";
export { type Filter, resize } from "./images/resize.js";
export { type GradientOptions, type LossGradients, lossGradients } from "./inspection/gradient.js";
export {
  type GraphInspection,
  type Inspection,
  type InspectOptions,
  inspectGraph,
} from "./inspection/inspect.js";
export { inspectModel } from "./inspection/inspect-file.js";
export type { LossKind } from "./inspection/loss.js";
export { magnitudes, type Saliency, saliency } from "./inspection/saliency.js";
export { type ParameterKind, parameterKinds, weightsOf } from "./inspection/weights.js";
export {
  type InputRecord,
  type Job,
  type JobContext,
  type JobRecord,
  type JobStore,
  keyOf,
  type OutputRecord,
} from "./jobs/job.js";
export { openLocalStore } from "./jobs/local-store.js";
export { type JobEvent, type RunOptions as RunJobsOptions, runJobs } from "./jobs/run-jobs.js";
export { type Difference, pairedBootstrap, wilson } from "./metrics/bootstrap.js";
export { Degradation, degradationOf } from "./metrics/degradation/degradation.js";
export type { DetectionProblem, FoundBox, Rectangle, TrueBox } from "./metrics/detection/boxes.js";
export { type CocoFigures, type CocoPrecision, cocoAveragePrecision } from "./metrics/detection/coco.js";
export {
  type IntervalOptions,
  type MeanPrecision,
  mapDifference,
  mapWithInterval,
} from "./metrics/detection/intervals.js";
export { type VocClass, type VocFigures, type VocOptions, vocAveragePrecision } from "./metrics/detection/voc.js";
export { jaccard, normalizeLabel, type OpenLabel, topKept, trueClassConfidence } from "./metrics/label-agreement.js";
export { mcnemar } from "./metrics/mcnemar.js";
export {
  type MeanIou,
  meanIou,
  meanIouDifference,
  meanIouWithInterval,
  type PixelCounts,
  pixelCounts,
} from "./metrics/miou.js";
export { type LumaOptions, MAX_PSNR, meanPsnr, psnr, psnrY } from "./metrics/psnr.js";
export type { ClassScore } from "./metrics/ranking.js";
export { ssim, ssimPytorch, ssimY } from "./metrics/ssim.js";
export { findNetwork, networks } from "./networks/index.js";
export type { Network } from "./networks/network.js";
export { buildRecognizer, recognizerNetworks } from "./networks/recognizers/index.js";
export type { RecognizerNetwork } from "./networks/recognizers/recognizer.js";
export { type Distance, type DistanceName, distanceNames, distanceOf } from "./objectives/distances.js";
export { type ImageLoss, imageLosses } from "./objectives/image-loss.js";
export { defaultLambda, findObjective, objectives } from "./objectives/index.js";
export type { FrozenRecognizer, Losses, Objective, ObjectiveContext } from "./objectives/objective.js";
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
export type { Safetensors } from "./onnx/safetensors.js";
export { type DataType, float32, int64, type NumericData, type Tensor } from "./onnx/tensor.js";
export { optimizeForInference } from "./passes/optimize-for-inference.js";
export type { Pass } from "./passes/pass.js";
export { type DecodeOptions, decodeImage, encodeImage } from "./platform/node/codec.js";
export type { LeftOut } from "./platform/node/image-files.js";
export type { MetadataKind } from "./platform/node/metadata/kind.js";
export { readModel, writeModel } from "./platform/node/models.js";
export type { ColorMode } from "./platform/node/open-image.js";
export { readSafetensors, writeSafetensors } from "./platform/node/safetensors-files.js";
export { averageProcessors, type Extrapolation, interpolateProcessors } from "./processors/average.js";
export { withBorder } from "./processors/border.js";
export { Card, cardOf } from "./processors/card.js";
export type { ProcessorFormat } from "./processors/format.js";
export { type OpenOptions, openProcessor } from "./processors/open.js";
export {
  type Audience,
  openPackagedProcessor,
  type PackagedChoice,
  type PackagedModel,
  type PackagedSize,
  type PackagedTask,
  packagedModel,
  packagedModels,
} from "./processors/packaged.js";
export { Processor, type ProcessorSource } from "./processors/processor.js";
export { type Random, randomAt } from "./random.js";
export { type LabelSet, labelSetOf } from "./recognition/class-offset.js";
export { type Classifier, openClassifier } from "./recognition/classifier.js";
export type {
  BoxesPrediction,
  ClassPrediction,
  Judge,
  Label,
  LabelMapPrediction,
  LabelsPrediction,
  Prediction,
  Unjudged,
} from "./recognition/judge.js";
export { type LossGradientOptions, type LossGradientResult, LossGradientSession } from "./recognition/loss-gradient.js";
export type { RecognizerModel } from "./recognition/model.js";
export type { Preprocessing } from "./recognition/preprocessing.js";
export { type RecognizerSettings, readRecognizer } from "./recognition/recognizer.js";
export { openSegmenter, type Segmenter } from "./recognition/segmenter.js";
export { readSynonyms, type Synonyms, synonymsOf, synonymTable } from "./recognition/synonyms.js";
export { openServiceJudge, type ServiceJudge, type ServiceJudgeOptions } from "./remote/judge.js";
export { type ServiceName, serviceNames } from "./remote/names.js";
export type { Service, ServiceOptions } from "./remote/service.js";
export { openService } from "./remote/services/index.js";
export { heatMap } from "./report/heatmap.js";
export type { Device, Tensors } from "./runtime/backend.js";
export { type Probe, type ProbeOptions, probe } from "./runtime/probe.js";
export { Session, type SessionOptions } from "./runtime/session.js";
export { type StandIn, type StandInOptions, startStandIn } from "./stand-ins/stand-in.js";
export type { AnswerRow, ParticipantRow, StudyAnswers } from "./study/answers.js";
export { type AssignedTrial, assignedTrials } from "./study/assignment.js";
export type { StudyDefinition, StudyItem, StudyKind } from "./study/definition.js";
export { readStudy, type StudyWithAnswers } from "./study/read-study.js";
export { type RenderOptions, renderScene } from "./synthetic/render.js";
export type { BoxedObject, Extent, Scene, SceneSettings } from "./synthetic/scene.js";
export { findStyle, type Style, styles } from "./synthetic/styles.js";
export { type SynthesisOptions, synthesize } from "./synthetic/synthesize.js";
export type { HeldOutAccuracy } from "./training/held-out-accuracy.js";
export type { StepProgress as TrainingProgress } from "./training/loop.js";
export {
  type ResolvedConfig,
  type ResolvedTraining,
  resolveTraining,
  type TrainingModels,
  type TrainingObjects,
} from "./training/resolve.js";
export type { RunRecord } from "./training/run-record.js";
export type { TrainingSettings } from "./training/settings.js";
export { type RunOptions, runTraining, type TrainingResult, type TrainOptions, train } from "./training/train.js";
export {
  type DetectorResult,
  type DetectorStart,
  type DetectorTraining,
  trainDetector,
} from "./training/train-detector.js";
export {
  type RecognizerResult,
  type RecognizerTraining,
  type RecognizerTrainingSettings,
  trainRecognizer,
} from "./training/train-recognizer.js";
