import { average } from "./average.js";
import { boundaries } from "./boundaries.js";
import type { Command } from "./command.js";
import { degrade } from "./degrade.js";
import { demo } from "./demo.js";
import { detect } from "./detect.js";
import { enhance } from "./enhance.js";
import { evaluate } from "./evaluate.js";
import { exportModel } from "./export.js";
import { gate } from "./gate.js";
import { gradient } from "./gradient.js";
import { inspect } from "./inspect.js";
import { profile } from "./profile.js";
import { reproduce } from "./reproduce.js";
import { score } from "./score.js";
import { standIn } from "./stand-in.js";
import { studyAnalyze } from "./study-analyze.js";
import { studyCreate } from "./study-create.js";
import { studyExport } from "./study-export.js";
import { studyPlan } from "./study-plan.js";
import { studyServe } from "./study-serve.js";
import { studySimulate } from "./study-simulate.js";
import { studyStatus } from "./study-status.js";
import { sweep } from "./sweep.js";
import { synthesize } from "./synthesize.js";
import { tabulate } from "./tabulate.js";
import { train } from "./train.js";
import { trainDetector } from "./train-detector.js";
import { trainRecognizer } from "./train-recognizer.js";
import { transfer } from "./transfer.js";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  demo,
  enhance,
  train,
  evaluate,
  tabulate,
  gate,
  score,
  sweep,
  transfer,
  boundaries,
  reproduce,
  trainRecognizer,
  trainDetector,
  average,
  degrade,
  detect,
  synthesize,
  exportModel,
  inspect,
  gradient,
  profile,
  studyPlan,
  studyCreate,
  studyServe,
  studySimulate,
  studyStatus,
  studyExport,
  studyAnalyze,
  standIn,
];

/** The summary of each group of commands: the first word of names such as "study create". */
export const groups: Readonly<Record<string, string>> = {
  study: "ask people which results they prefer: create a study, serve it, analyze the answers",
};
