import type { AnalyzedStudy, StudyAnalysis } from "./analysis.js";
import { type RuleName, ruleNames } from "./exclusions.js";
import { counted, percent } from "./figures.js";

/** A rule of exclusion in words. */
export function ruleText(rule: RuleName, limit: number): string {
  if (rule === "failed_checks") return `more than ${counted(limit, "failed attention check")}`;
  if (rule === "median_milliseconds") return `a median time of an answer below ${limit} ms`;
  if (rule === "same_side") return `one side chosen in more than ${percent(limit)} of the trials`;
  return `less than ${percent(limit)} of the trials answered`;
}

/** What identifies the study and the program. */
export interface Provenance {
  /** Version of Legible. */
  readonly version: string;
  /** SHA-256 of study.json; absent if the answers came without it. */
  readonly hash?: string;
  /** Number of items without attention checks. */
  readonly items: number;
}

/** The paragraph about methods for a paper or a report, from the definition and the analysis. */
export function methodsParagraph(study: AnalyzedStudy, analysis: StudyAnalysis, provenance: Provenance): string {
  return [
    ...(analysis.simulated ? ["SIMULATED: all answers are those of simulated participants, not of people."] : []),
    designOf(study, analysis, provenance),
    exclusionsOf(study, analysis),
    ...statisticsOf(study, analysis),
    `Computed with Legible ${provenance.version}, seed ${analysis.seed}${provenance.hash ? `; SHA-256 of study.json ${provenance.hash}` : ""}.`,
  ].join(" ");
}

const TASKS = {
  labels: "saw an image with the labels of two systems and chose the set that describes it better, both, or neither",
  quality: "saw the images of two systems and chose the one that looks better, or no difference",
  naming: "saw an image of one system for",
} as const;

function designOf(
  { kind, systems, trials, checks, exposure }: AnalyzedStudy,
  analysis: StudyAnalysis,
  { items }: Provenance,
) {
  const who = `${counted(analysis.joined, analysis.simulated ? "simulated participant" : "participant")} joined, and ${analysis.finished} finished.`;
  const [reference = "", ...others] = systems;
  const compared = others.length > 0 ? ` (${reference}, the reference, and ${others.join(", ")})` : ` (${reference})`;
  const task = kind === "naming" ? `${TASKS.naming} ${exposure} ms and named what it shows` : TASKS[kind];
  const sides = kind === "naming" ? "Systems were balanced." : "Sides were random and balanced.";
  const checking = checks > 0 ? ` and ${counted(checks, "attention check")}` : "";
  return `The study compared ${counted(systems.length, "system")}${compared} on ${counted(items, "item")}. ${who} In each of ${counted(trials, "trial")}${checking}, a participant ${task}. ${sides}`;
}

function exclusionsOf({ exclusions }: AnalyzedStudy, analysis: StudyAnalysis): string {
  const rules = ruleNames.flatMap((rule) => (exclusions[rule] === undefined ? [] : [ruleText(rule, exclusions[rule])]));
  if (rules.length === 0) return "No rule of exclusion was fixed, and nobody was excluded.";
  return (
    `Rules of exclusion were fixed when the study was created: ${rules.join("; ")}. ` +
    `They excluded ${analysis.exclusions.length} of ${counted(analysis.joined, "participant")}; results with all participants are also given.`
  );
}

function statisticsOf({ kind, systems }: AnalyzedStudy, { seed }: StudyAnalysis): string[] {
  const crossed =
    `The main 95 % intervals take participants and items as crossed random samples: the studentized pigeonhole bootstrap ` +
    `(Owen 2007) with the two-way cluster-robust standard error of Cameron, Gelbach and Miller (2011), 2000 resamples, seed ${seed}.`;
  if (kind === "naming")
    return [
      "Accuracy is the share of right names; exact intervals (Clopper and Pearson) are as if all answers were independent.",
      crossed,
      "Agreement of participants is Krippendorff's α.",
    ];
  return [
    "Preference is the share among decided answers; ties are reported, and counted as half in a sensitivity analysis.",
    crossed,
    "Exact intervals (Clopper and Pearson) and the two-sided sign test are as if all answers were independent; a second sign test counts participants.",
    "Agreement of participants is Krippendorff's α.",
    ...(systems.length > 2
      ? [
          "Sign tests of several pairs are adjusted by Holm's method. Strengths are those of Davidson's model (1970) of paired comparisons with ties.",
        ]
      : []),
  ];
}
