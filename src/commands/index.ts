import type { Command } from "./command.js";

/** A command before it is loaded: all modules together take seconds. */
export interface ListedCommand {
  /** One word, or two for a command of a group: "study create". */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order of the help. */
export const commands: readonly ListedCommand[] = [
  {
    name: "demo",
    summary:
      "show what recognition-aware training does, in about 2 minutes on 2 cores and with nothing but this package",
    load: async () => (await import("./demo.js")).demo,
  },
  {
    name: "enhance",
    summary: "enlarge and restore image files with a packaged or a trained processor",
    load: async () => (await import("./enhance.js")).enhance,
  },
  {
    name: "models",
    summary: "list the models of the package with their figures, or print the card of one",
    load: async () => (await import("./models.js")).models,
  },
  {
    name: "train",
    summary: "train a processor, with or without the loss of frozen recognizers",
    load: async () => (await import("./train.js")).train,
  },
  {
    name: "evaluate",
    summary: "measure the image quality and the recognition accuracy of processors' results",
    load: async () => (await import("./evaluate.js")).evaluate,
  },
  {
    name: "tabulate",
    summary: "rebuild the tables of evaluations from their predictions, without running a model",
    load: async () => (await import("./tabulate.js")).tabulate,
  },
  {
    name: "gate",
    summary: "fit a rule that skips images which processing would make harder to recognize, with a bound on its risk",
    load: async () => (await import("./gate.js")).gate,
  },
  {
    name: "score",
    summary: "compute the average precision of a detector's result files, by the rules of PASCAL VOC and of COCO",
    load: async () => (await import("./score.js")).score,
  },
  {
    name: "sweep",
    summary: "train a processor for each of several lambdas, and compare PSNR with accuracy",
    load: async () => (await import("./sweep.js")).sweep,
  },
  {
    name: "transfer",
    summary: "train processors with the loss of each of several recognizers, and measure the gain of other recognizers",
    load: async () => (await import("./transfer.js")).transfer,
  },
  {
    name: "boundaries",
    summary:
      "compare the decision boundaries of recognizers: maps, distances, agreement, and whether they predict transfer gains",
    load: async () => (await import("./boundaries.js")).boundaries,
  },
  {
    name: "reproduce",
    summary: "run a recipe, or a folder of recipes, from data to one page of results",
    load: async () => (await import("./reproduce.js")).reproduce,
  },
  {
    name: "train-recognizer",
    summary: "train a recognizer from scratch on labeled images",
    load: async () => (await import("./train-recognizer.js")).trainRecognizer,
  },
  {
    name: "train-detector",
    summary: "train a detector from scratch on images with boxes",
    load: async () => (await import("./train-detector.js")).trainDetector,
  },
  {
    name: "average",
    summary: "average the weights of processors that were trained from the same initial weights with different seeds",
    load: async () => (await import("./average.js")).average,
  },
  {
    name: "degrade",
    summary: "apply the degradation of a task to image files",
    load: async () => (await import("./degrade.js")).degrade,
  },
  {
    name: "detect",
    summary: "draw the boxes that an ONNX detector finds onto copies of image files",
    load: async () => (await import("./detect.js")).detect,
  },
  {
    name: "synthesize",
    summary: "render a labeled set of synthetic images whose classes differ in fine detail",
    load: async () => (await import("./synthesize.js")).synthesize,
  },
  {
    name: "export",
    summary: "optimize a model for inference, with standard ONNX operators only",
    load: async () => (await import("./export.js")).exportModel,
  },
  {
    name: "inspect",
    summary: "list a model's operators, where gradients are blocked, and what it can serve as",
    load: async () => (await import("./inspect.js")).inspect,
  },
  {
    name: "gradient",
    summary: "differentiate a loss of a model's output, for given tensors or for an image",
    load: async () => (await import("./gradient.js")).gradient,
  },
  {
    name: "profile",
    summary:
      "measure the time of a training step or a model by operator, relative to the peak performance of the machine",
    load: async () => (await import("./profile.js")).profile,
  },
  {
    name: "playground",
    summary: "serve a page that shows what people and machines see before and after processing",
    load: async () => (await import("./playground.js")).playground,
  },
  {
    name: "study plan",
    summary: "compute how many participants a study of preferences needs",
    load: async () => (await import("./study-plan.js")).studyPlan,
  },
  {
    name: "study create",
    summary: "create a study from the results of several systems",
    load: async () => (await import("./study-create.js")).studyCreate,
  },
  {
    name: "study serve",
    summary: "serve a study to its participants",
    load: async () => (await import("./study-serve.js")).studyServe,
  },
  {
    name: "study simulate",
    summary: "let simulated participants take part in a study that is marked as simulated",
    load: async () => (await import("./study-simulate.js")).studySimulate,
  },
  {
    name: "study status",
    summary: "count the participants and answers of a study",
    load: async () => (await import("./study-status.js")).studyStatus,
  },
  {
    name: "study export",
    summary: "write the answers of a study as CSV, one row per answer",
    load: async () => (await import("./study-export.js")).studyExport,
  },
  {
    name: "study analyze",
    summary: "analyze the answers of a study: preference, accuracy of names, agreement, and a report",
    load: async () => (await import("./study-analyze.js")).studyAnalyze,
  },
  {
    name: "submit enhance",
    summary: "let workers enhance images, each as a job",
    load: async () => (await import("./submit-enhance.js")).submitEnhance,
  },
  {
    name: "submit train",
    summary: "let workers run train",
    load: async () => (await import("./submit.js")).submitTrain,
  },
  {
    name: "submit evaluate",
    summary: "let workers run evaluate",
    load: async () => (await import("./submit.js")).submitEvaluate,
  },
  {
    name: "submit sweep",
    summary: "let workers run sweep",
    load: async () => (await import("./submit.js")).submitSweep,
  },
  {
    name: "submit transfer",
    summary: "let workers run transfer",
    load: async () => (await import("./submit.js")).submitTransfer,
  },
  {
    name: "worker",
    summary: "take jobs from a queue until it is stopped",
    load: async () => (await import("./worker.js")).worker,
  },
  {
    name: "jobs list",
    summary: "list the runs of a queue",
    load: async () => (await import("./jobs-list.js")).jobsList,
  },
  {
    name: "jobs watch",
    summary: "show the progress of a run until it ends",
    load: async () => (await import("./jobs-watch.js")).jobsWatch,
  },
  {
    name: "jobs results",
    summary: "print the results of a run: a line of JSON for each image, or what the command printed",
    load: async () => (await import("./jobs-results.js")).jobsResults,
  },
  {
    name: "jobs dead",
    summary: "list the jobs of a run that failed for good, with the reason",
    load: async () => (await import("./jobs-dead.js")).jobsDead,
  },
  {
    name: "jobs retry",
    summary: "let the dead jobs of a run start again",
    load: async () => (await import("./jobs-change.js")).jobsRetry,
  },
  {
    name: "jobs cancel",
    summary: "cancel a run: its waiting jobs end without work, its running ones stop",
    load: async () => (await import("./jobs-change.js")).jobsCancel,
  },
  {
    name: "jobs remove",
    summary: "remove a run with its records from the queue; its outputs stay",
    load: async () => (await import("./jobs-change.js")).jobsRemove,
  },
  {
    name: "jobs pause",
    summary: "let workers take no further jobs; the running ones end",
    load: async () => (await import("./jobs-change.js")).jobsPause,
  },
  {
    name: "jobs resume",
    summary: "let workers take jobs again",
    load: async () => (await import("./jobs-change.js")).jobsResume,
  },
  {
    name: "stand-in",
    summary: "serve a local classifier in the wire format of a labeling service, for tests and demonstrations",
    load: async () => (await import("./stand-in.js")).standIn,
  },
];

/** The summary of each group of commands: the first word of names such as "study create". */
export const groups: Readonly<Record<string, string>> = {
  submit: "give work to the workers of a queue",
  jobs: "see and change what is in a queue",
  study: "ask people which results they prefer: create a study, serve it, analyze the answers",
};
