import { z } from "zod";
import { UserError } from "../errors.js";
import { markdownTable } from "../evaluation/table.js";
import { binomialPower, type PlannedStudy, requiredParticipants } from "../metrics/sample-size.js";
import { named, positiveInteger } from "../settings.js";
import { defineCommand } from "./command.js";

const share = () => z.number("must be a number").min(0, "must be 0 or more").max(1, "must be at most 1");

const settings = z.object({
  effect: share().describe("the share of decided answers that prefer one system, which the study should detect"),
  power: z
    .number("must be a number")
    .min(0.05, "must be 0.05 or more")
    .max(0.999, "must be at most 0.999")
    .default(0.8)
    .describe("probability of detecting it at the level 0.05"),
  items: positiveInteger(100_000).default(100).describe("images of the study"),
  trials: positiveInteger(1000).default(40).describe("trials of a participant, each with another image"),
  ties: share()
    .max(0.99, "must be at most 0.99")
    .default(0.1)
    .describe("share of answers that are ties, which decide nothing"),
  participantVariance: share()
    .default(0.05)
    .describe("share of the variance of decided answers that is between participants"),
  itemVariance: share().default(0.1).describe("share of the variance of decided answers that is between images"),
  json: z.boolean().default(false).describe("print the plan as JSON"),
});

export const studyPlan = defineCommand({
  name: "study plan",
  settings,
  notes: `The number of independent answers is that of the exact two-sided binomial test of 1/2 at the level 0.05: from this number on, the power
never falls below the given one. Answers of a participant and answers about an image are not independent. With N participants of m decided
answers about K images, 1 / n = p / N + i / K + (1 - p - i) / (N m) gives the number n of independent answers with the same variance, where p
and i are the two shares of variance. The defaults of p and i are assumptions; estimate them from a pilot study (docs/study.md).`,
  examples: [
    "legible study plan --effect 0.6",
    "legible study plan --effect 0.6 --power 0.9 --items 40 --trials 20",
    "legible study plan --effect 0.55 --participant-variance 0 --item-variance 0 --json",
  ],
  async run({ json, effect, ...rest }, { print }) {
    const study: PlannedStudy = { share: effect, ...rest };
    requirePossible(study);
    const plan = requiredParticipants(study);
    const independent = requiredParticipants({ ...study, participantVariance: 0, itemVariance: 0 });
    if (json) {
      const { share: _, ...given } = study;
      const participantsIfIndependent = independent.participants;
      print(JSON.stringify({ effect, ...given, ...plan, participantsIfIndependent }, null, 2));
      return "done";
    }
    const decided = study.trials * (1 - study.ties);
    print(
      [
        `to detect a share of ${effect} with power ${study.power}, level 0.05, ${study.items} images, ${study.trials} trials each, ${Number((100 * study.ties).toFixed(1))} % ties:`,
        "",
        markdownTable(
          ["answers", "participants", "decided answers", "power of the exact test"],
          [
            ["independent", ...numbersOf(independent.participants, decided), power(plan.answers, effect)],
            [
              `dependent (participants ${study.participantVariance}, images ${study.itemVariance})`,
              ...numbersOf(plan.participants, decided),
              "",
            ],
          ],
        ),
        "",
        `${plan.answers} decided answers are needed if all are independent.`,
        plan.participants === null
          ? `No number of participants is enough with ${study.items} images: ${plan.leastItems} images or more are needed.`
          : `${plan.participants} participants are needed; add those whom you expect to exclude.`,
      ].join("\n"),
    );
    return "done";
  },
});

const numbersOf = (participants: number | null, decided: number): [string, string] =>
  participants === null ? ["–", "–"] : [String(participants), String(Math.round(participants * decided))];

const power = (answers: number, effect: number): string => binomialPower(answers, effect).toFixed(3);

/** @throws UserError when the settings do not fit each other. */
function requirePossible({ share: effect, items, trials, participantVariance, itemVariance }: PlannedStudy): void {
  if (Math.abs(effect - 0.5) < 0.001)
    throw new UserError(`${named("effect")} must differ from 0.5 by 0.001 or more: 0.5 is no preference`);
  if (trials > items)
    throw new UserError(
      `${named("trials")} is ${trials}, but there are ${items} ${named("items")}: nobody sees an image twice`,
    );
  if (participantVariance + itemVariance > 1)
    throw new UserError(
      `${named("participantVariance")} and ${named("itemVariance")} are shares of one variance; their sum exceeds 1`,
    );
}
