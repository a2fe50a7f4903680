import type { Command } from "./command.js";

/** Loads each command by its name, in the order of the help. All modules together take a second to load, one a third of it. */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import("./demo.js")).demo,
  enhance: async () => (await import("./enhance.js")).enhance,
  models: async () => (await import("./models.js")).models,
  train: async () => (await import("./train.js")).train,
  evaluate: async () => (await import("./evaluate.js")).evaluate,
  tabulate: async () => (await import("./tabulate.js")).tabulate,
  gate: async () => (await import("./gate.js")).gate,
  score: async () => (await import("./score.js")).score,
  sweep: async () => (await import("./sweep.js")).sweep,
  transfer: async () => (await import("./transfer.js")).transfer,
  boundaries: async () => (await import("./boundaries.js")).boundaries,
  reproduce: async () => (await import("./reproduce.js")).reproduce,
  "train-recognizer": async () => (await import("./train-recognizer.js")).trainRecognizer,
  "train-detector": async () => (await import("./train-detector.js")).trainDetector,
  average: async () => (await import("./average.js")).average,
  degrade: async () => (await import("./degrade.js")).degrade,
  detect: async () => (await import("./detect.js")).detect,
  synthesize: async () => (await import("./synthesize.js")).synthesize,
  export: async () => (await import("./export.js")).exportModel,
  inspect: async () => (await import("./inspect.js")).inspect,
  gradient: async () => (await import("./gradient.js")).gradient,
  profile: async () => (await import("./profile.js")).profile,
  playground: async () => (await import("./playground.js")).playground,
  "study plan": async () => (await import("./study-plan.js")).studyPlan,
  "study create": async () => (await import("./study-create.js")).studyCreate,
  "study serve": async () => (await import("./study-serve.js")).studyServe,
  "study simulate": async () => (await import("./study-simulate.js")).studySimulate,
  "study status": async () => (await import("./study-status.js")).studyStatus,
  "study export": async () => (await import("./study-export.js")).studyExport,
  "study analyze": async () => (await import("./study-analyze.js")).studyAnalyze,
  "submit enhance": async () => (await import("./submit-enhance.js")).submitEnhance,
  "submit train": async () => (await import("./submit.js")).submitTrain,
  "submit evaluate": async () => (await import("./submit.js")).submitEvaluate,
  "submit sweep": async () => (await import("./submit.js")).submitSweep,
  "submit transfer": async () => (await import("./submit.js")).submitTransfer,
  worker: async () => (await import("./worker.js")).worker,
  "jobs list": async () => (await import("./jobs-list.js")).jobsList,
  "jobs watch": async () => (await import("./jobs-watch.js")).jobsWatch,
  "jobs results": async () => (await import("./jobs-results.js")).jobsResults,
  "jobs dead": async () => (await import("./jobs-dead.js")).jobsDead,
  "jobs retry": async () => (await import("./jobs-change.js")).jobsRetry,
  "jobs cancel": async () => (await import("./jobs-change.js")).jobsCancel,
  "jobs remove": async () => (await import("./jobs-change.js")).jobsRemove,
  "jobs pause": async () => (await import("./jobs-change.js")).jobsPause,
  "jobs resume": async () => (await import("./jobs-change.js")).jobsResume,
  "stand-in": async () => (await import("./stand-in.js")).standIn,
};

/** Every command, in the order of the help. */
export const loadCommands = (): Promise<readonly Command[]> =>
  Promise.all(Object.values(loaders).map((load) => load()));

/** The command that these arguments of the command line begin with; every command if they begin with none. */
export async function commandsFor([first = "", second = ""]: readonly string[]): Promise<readonly Command[]> {
  const name = [`${first} ${second}`, first].find((each) => Object.hasOwn(loaders, each));
  return name === undefined ? loadCommands() : [await (loaders[name] as () => Promise<Command>)()];
}

/** The summary of each group of commands: the first word of names such as "study create". */
export const groups: Readonly<Record<string, string>> = {
  submit: "give work to the workers of a queue",
  jobs: "see and change what is in a queue",
  study: "ask people which results they prefer: create a study, serve it, analyze the answers",
};
