import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { linesOf, readUtf8 } from "../platform/node/files.js";
import { printable } from "../printable.js";
import { named, path, positiveInteger, positiveNumber, wholeNumber } from "../settings.js";
import { randomCode } from "../study/codes.js";
import { defaultConsent } from "../study/consent.js";
import { type CreatedStudy, createStudy, requireNew, type StudyItems, type StudySettings } from "../study/create.js";
import { type ExclusionRules, StudyKind } from "../study/definition.js";
import { studyFiles } from "../study/study-folder.js";
import { type Context, defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { images } from "./files.js";
import { folderStage } from "./stage.js";
import { contentFrom, contentSettings, type Omitted, type StudyContent } from "./study-content.js";

const share = () => z.number("must be a number").min(0, "must be 0 or more").max(1, "must be at most 1");

const settings = z.object({
  out: path("the study's folder, which must not exist yet or be empty", { short: "o", placeholder: "folder" }),
  kind: StudyKind.describe("what participants do; see below"),
  ...contentSettings,
  title: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("the title that participants see")
    .meta({ placeholder: "text" }),
  consent: path("text file that participants accept before they begin (default: a text of Legible's)", {
    placeholder: "file",
  }).optional(),
  codes: z
    .union([positiveInteger(100_000), z.string()])
    .optional()
    .describe("number of codes to create, one per participant, or a file with a code on each line")
    .meta({ placeholder: "n|file" }),
  open: positiveInteger(100_000).optional().describe("largest number of participants, who then need no code"),
  trials: positiveInteger(1000)
    .optional()
    .describe("trials of a participant, without checks (default: all images, 40 at most)"),
  maxFailedChecks: wholeNumber().optional().describe("exclude participants who fail more checks than this"),
  minMedianMs: positiveNumber()
    .optional()
    .describe("exclude participants whose median answer takes less than this many milliseconds"),
  maxSameSide: share()
    .min(0.5, "must be 0.5 or more")
    .optional()
    .describe("exclude participants who choose one side in more than this share of the trials"),
  minAnswered: share().optional().describe("exclude participants who answer less than this share of the trials"),
  seed: wholeNumber().default(0).describe("seed of the assignment of images and sides to participants"),
  simulated: z
    .boolean()
    .default(false)
    .describe("mark the study as one of simulated participants, on every page and in every file"),
  ...failureSettings,
  json: z.boolean().default(false).describe("print a summary as JSON"),
});
type Settings = z.output<typeof settings>;

export const studyCreate = defineCommand({
  name: "study create",
  settings,
  notes: `Kinds:
  labels    participants see an original and two sets of labels, and choose the set that describes it better
  quality   participants see two results of an image, and choose the one that looks better
  naming    participants see a result for a short time, and name what they saw

The folder gets study.json, which holds everything that is fixed from now on: images, trials, seed and the rules of exclusion. Its SHA-256 is
printed and kept in study.sha256: state it when you preregister the study. All other commands refuse a study.json that was changed.
Images are stored again as PNG without metadata, under random names. Images that are missing in a system, or have other sizes than
those of another system, are skipped and listed. Images or labels that are the same with two systems are left out and counted.
Labels: JSON such as {"cat.png": ["cat", "animal"]}, or CSV with the columns file and label, best first.
Codes are in codes.csv. study.json has only their hashes, so that it can be published.`,
  examples: [
    "legible study create --out study --kind quality --system plain=results/plain --system ra=results/ra --open 30",
    "legible study create --out study --kind quality --system plain=plain --system ra=ra --codes 40 --trials 30 --max-failed-checks 1",
    "legible study create --out study --kind labels --originals photos --predictions predictions.jsonl --judge google --codes 20",
    "legible study create --out study --kind labels --originals photos --labels plain=plain.json --labels ra=ra.json --open 20",
    "legible study create --out study --kind naming --originals synthetic/test --system plain=plain --system ra=ra --choices 10 --open 40",
  ],
  async run(given, context) {
    await requireNew(given.out);
    const content = await contentFrom(given);
    const studySettings = await settingsFrom(given, content);
    let unusable = 0;
    const created = await createStudy(given.out, studySettings, async (addImage) => {
      const items = await content.itemsOf(addImage);
      reportOmitted(items, content.checks, context);
      unusable = items.skipped.length;
      if (items.regular.length === 0) throw new UserError("cannot create the study: no image can be used");
      return items;
    });
    printCreated(given, studySettings, created, context);
    return { unusable };
  },
  stage: folderStage(["study.json", "study.sha256"]),
});

async function settingsFrom(given: Settings, { systems, about }: StudyContent): Promise<StudySettings> {
  const { kind, title = "A study about images", exposure = 500, trials, seed: start, simulated, consent } = given;
  return {
    ...{ title, kind, systems, exposure, seed: start, simulated, about },
    ...(trials !== undefined && { trials }),
    consent: consent === undefined ? defaultConsent : await consentIn(consent),
    access: await accessFrom(given),
    exclusions: exclusionsFrom(given),
  };
}

/** The longest consent text, in UTF-16 code units. */
const LONGEST_CONSENT = 20_000;

async function consentIn(file: string): Promise<string> {
  const text = (await textOf(file)).trim();
  if (text === "") throw new UserError(`cannot use ${file} as ${named("consent")}: it is empty`);
  if (text.length <= LONGEST_CONSENT) return text;
  throw new UserError(
    `cannot use ${file} as ${named("consent")}: it has ${text.length} characters, and ${LONGEST_CONSENT} are possible`,
  );
}

const textOf = (file: string): Promise<string> =>
  readUtf8(file).catch((error) => {
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`);
  });

/** Groups of four letters of a code that is created: 58 bits. */
const CODE_GROUPS = 3;

async function accessFrom({ codes, open }: Settings): Promise<StudySettings["access"]> {
  if ((codes === undefined) === (open === undefined))
    throw new UserError(`a study needs either ${named("codes")} or ${named("open")}`);
  if (open !== undefined) return { cap: open };
  if (typeof codes === "number") return { codes: Array.from({ length: codes }, () => randomCode(CODE_GROUPS)) };
  const lines = linesOf(await textOf(codes as string));
  const list = lines[0]?.toLowerCase() === "code" ? lines.slice(1) : lines;
  if (list.length === 0) throw new UserError(`cannot use ${codes} as ${named("codes")}: it has no codes`);
  return { codes: list };
}

function exclusionsFrom({ maxFailedChecks, minMedianMs, maxSameSide, minAnswered }: Settings): ExclusionRules {
  return {
    ...(maxFailedChecks !== undefined && { failed_checks: maxFailedChecks }),
    ...(minMedianMs !== undefined && { median_milliseconds: minMedianMs }),
    ...(maxSameSide !== undefined && { same_side: maxSameSide }),
    ...(minAnswered !== undefined && { answered: minAnswered }),
  };
}

/** Lists the images that are not used, and the checks that could not be made. */
function reportOmitted(
  { skipped, identical, checks }: Omitted & StudyItems,
  wanted: number,
  { report }: Context,
): void {
  if (skipped.length > 0) report.info(`skipped ${images(skipped.length)}:`);
  for (const { file, reason } of skipped.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
    report.info(printable(`  ${file}: ${reason}`));
  if (identical > 0) report.info(`left out ${images(identical)}: the same with two systems`);
  if (checks.length < wanted) report.info(`only ${checks.length} of ${wanted} attention checks could be made`);
}

function printCreated(
  { out, json }: Settings,
  { access }: StudySettings,
  { definition, hash }: CreatedStudy,
  { print }: Context,
): void {
  const { trials, checks, items, kind, systems } = definition;
  const used = items.length - checks;
  if (json) {
    print(JSON.stringify({ folder: out, hash, trials, checks, items: used, systems }, null, 2));
    return;
  }
  const who =
    "cap" in access
      ? `open, ${access.cap} participants at most`
      : `${access.codes.length} codes in ${studyFiles.codes}`;
  print(
    [
      `study of ${kind} in ${out}: ${systems.join(", ")}`,
      `  items        ${used}, ${trials} for each participant`,
      `  checks       ${checks}`,
      `  access       ${who}`,
      `  SHA-256      ${hash} (of study.json; state it when you preregister)`,
    ].join("\n"),
  );
}
