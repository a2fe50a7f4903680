import { layouts } from "../data/sources/index.js";
import { networks } from "../networks/index.js";
import { distanceNames, distanceOf } from "../objectives/distances.js";
import { objectives } from "../objectives/index.js";
import { passes } from "../passes/index.js";

interface Listed {
  readonly name: string;
  readonly summary: string;
}

/** Names with their summaries, one a line. */
export const listOfNames = (entries: readonly Listed[], width: number): string =>
  entries.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}`).join("\n");

/** The summary with the default lambda. */
const withLambda = ({ name, summary, defaultLambda: lambda }: Listed & { defaultLambda: number | null }): Listed => ({
  name,
  summary: lambda ? `${summary} (lambda ${lambda})` : summary,
});

/** What the settings of a training can choose. */
export const trainingChoices = `Objectives (x degraded, y clean, P the processor, R the recognizer):
${listOfNames(objectives.map(withLambda), 13)}

Distances of the objective unsupervised, from R(P(x)) to R(y):
${listOfNames(
  distanceNames.map((name) => withLambda({ name, ...distanceOf(name) })),
  13,
)}

Processors:
${listOfNames(networks, 13)}

Passes:
${listOfNames(passes, 20)}`;

/** How data sets are recognized. */
export const dataNotes = `Data sets, recognized by their layout:
${layouts.map(({ summary }) => `  ${summary}`).join("\n")}
  any other folder of images, with its subfolders; labels come from labels.csv (columns file and class_index or wnid) or from
  one subfolder per class`;
