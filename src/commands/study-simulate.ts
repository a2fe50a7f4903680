import { join } from "node:path";
import { z } from "zod";
import { linesOf, readTextIfThere, writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { printable } from "../printable.js";
import { listOf, nonnegativeNumber, path, positiveInteger, positiveNumber, seed, wholeNumber } from "../settings.js";
import type { Study } from "../study/study-folder.js";
import { type Context, defineCommand } from "./command.js";
import { fileStage } from "./stage.js";
import { databaseSetting, studyFolder } from "./study-settings.js";

const share = () => z.number("must be a number").min(0, "must be 0 or more").max(1, "must be at most 1");

/** "SYSTEM=SHARE". */
const SystemShare = z.string().transform((text, context) => {
  const [, name, number] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  const value = Number(number);
  if (name !== undefined && number?.trim() && value >= 0 && value <= 1) return { name, value };
  context.issues.push({ code: "custom", message: "must be system=share with a share between 0 and 1", input: text });
  return z.NEVER;
});
const shares = () => listOf(SystemShare).optional();

const settings = z.object({
  folder: studyFolder(),
  url: z
    .url({ protocol: /^https?$/, error: "must be an address such as http://127.0.0.1:8080" })
    .optional()
    .describe("the study's server (default: one that runs as long as the simulation)")
    .meta({ placeholder: "url" }),
  participants: positiveInteger(100_000).default(20).describe("number of simulated participants"),
  prefer: shares()
    .describe("share of decided answers with which a system is chosen over one without an entry; may be repeated")
    .meta({ placeholder: "system=share" }),
  accuracy: shares()
    .describe("share of right names of a system (default: 0.8); may be repeated")
    .meta({ placeholder: "system=share" }),
  ties: share().default(0.1).describe("share of ties"),
  neither: share().default(0).describe("share of answers that neither set of labels describes the image"),
  left: share().default(0.5).describe("share of left choices without a preference"),
  lapses: share().default(0.02).describe("share of answers at random"),
  careless: wholeNumber().default(0).describe("participants who answer at random, in a tenth of the time"),
  itemSpread: nonnegativeNumber()
    .default(0)
    .describe("standard deviation of the preference between images, in log-odds"),
  participantSpread: nonnegativeNumber()
    .default(0)
    .describe("standard deviation of the preference between participants, in log-odds"),
  milliseconds: positiveNumber().default(2500).describe("median time of an answer"),
  seed: seed("seed of the simulated answers"),
  database: databaseSetting,
  csv: path("write the answers of the study to this file as CSV", { placeholder: "file" }).optional(),
});
type Settings = z.output<typeof settings>;

export const studySimulate = defineCommand({
  name: "study simulate",
  settings,
  notes: `Simulated participants join and answer by the same messages as the pages in a browser. They test a study before people see it; they
show nothing about people. A study that was not created with --simulated is refused. The same seed gives the same answers.
If interrupted, rerun the command to resume.`,
  examples: [
    "legible study simulate study --participants 20 --prefer ra=0.7 --csv answers.csv",
    "legible study simulate study --participants 30 --prefer ra=0.65 --item-spread 0.5 --participant-spread 0.3 --careless 3",
    "legible study simulate naming --accuracy plain=0.6 --accuracy ra=0.75 --url http://127.0.0.1:8080",
  ],
  async run(given, context) {
    const { openStudy, requireStudyKept, studyFiles } = await import("../study/study-folder.js");
    const { simulate } = await import("../study/simulated/simulate.js");
    const study = await openStudy(given.folder);
    const written = given.csv === undefined ? [] : [given.csv];
    await requireStudyKept(given.folder, written);
    await requireWritable(written);
    const codes = linesOf((await readTextIfThere(join(given.folder, studyFiles.codes))) ?? "").slice(1);
    const { participants, seed: start, prefer, accuracy, ...behavior } = given;
    const bar = context.report.progress(participants, "participants");
    const stored = await withServer(given, study, context, (url) =>
      simulate(url, study.definition, {
        ...{ participants, seed: start, codes, signal: context.signal, onProgress: bar.update },
        behavior: { ...behavior, prefer: byName(prefer), accuracy: byName(accuracy) },
      }),
    )
      .finally(() => bar.stop())
      .catch((error: unknown): undefined => {
        if (!context.signal.aborted) throw error;
        context.report.info("interrupted; rerun the command to resume");
      });
    if (stored === undefined) return "interrupted";
    if (given.csv !== undefined) await writeAnswers(given);
    context.print(`SIMULATED: ${participants} participants, ${stored} new answers in ${printable(given.folder)}`);
    return "done";
  },
  stage: {
    ...fileStage("csv", "answers.csv"),
    alsoWrites: ({ folder }) => (typeof folder === "string" ? [folder] : []),
  },
});

async function writeAnswers({ folder, database, csv }: Settings): Promise<void> {
  const [{ readStudy }, { answersCsv }] = await Promise.all([
    import("../study/read-study.js"),
    import("../study/answers-csv.js"),
  ]);
  const { answers, definition } = await readStudy(folder, database);
  await writeBytes(csv as string, [answersCsv(answers, definition)]);
}

const byName = (entries: Settings["prefer"]) =>
  Object.fromEntries((entries ?? []).map(({ name, value }) => [name, value]));

/** Runs a simulation against the given server, or one that is started and stopped around it. */
async function withServer<T>(
  { url, folder, database }: Settings,
  study: Study,
  { report }: Context,
  run: (url: string) => Promise<T>,
): Promise<T> {
  if (url !== undefined) return run(url);
  const { openStore } = await import("../study/open-store.js");
  const { studyServer } = await import("../study/server.js");
  const { listen, stopServer } = await import("../serving/listen.js");
  const { adminTokenOf } = await import("../study/admin-token.js");
  const adminToken = await adminTokenOf(folder);
  const store = await openStore(study, database);
  try {
    const app = await studyServer({
      ...{ study, store, adminToken, pages: new Map(), trustProxy: false, closed: false, loopback: true },
      onFailure: (message) => report.info(printable(`a request failed: ${message}`)),
    });
    try {
      return await run(await listen(app, { port: 0, host: "127.0.0.1" }));
    } finally {
      await stopServer(app);
    }
  } finally {
    await store.close();
  }
}
