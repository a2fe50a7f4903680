/**
 * A study of each kind in Chromium: 20 simulated participants a study, on phones and desktops, by touch, mouse and keyboard alone.
 * Prints how many answers there are, and whether those in the database are those that were given.
 *
 *   npm run build && node dist/bench/study-pages.js [participants]
 */
import { randomAt } from "../src/random.js";
import type { StudyKind } from "../src/study/definition.js";
import { readStudy } from "../src/study/read-study.js";
import { type DrivenBrowser, openBrowser } from "../testing/chromium.js";
import { ServedStudy, studySettings } from "../testing/served-study.js";
import {
  devices,
  type ExpectedRow,
  expectedRow,
  StudyParticipant,
  storedRows,
  transcripts,
} from "../testing/study-participant.js";

const visits = [
  { device: devices.phone, operation: "touch" },
  { device: devices.desktop, operation: "keyboard" },
  { device: devices.desktop, operation: "pointer" },
  { device: devices.phone, operation: "keyboard" },
] as const;

const count = Number(process.argv[2] ?? 20);
const driven = await openBrowser();
try {
  for (const kind of ["labels", "quality", "naming"] as const) await study(driven, kind);
} finally {
  await driven.end();
}

/** One study with all its participants, two at a time. */
async function study({ browser }: DrivenBrowser, kind: StudyKind): Promise<void> {
  const served = await ServedStudy.start(studySettings(kind));
  try {
    const expected: ExpectedRow[][] = [];
    const numbers = Array.from({ length: count }, (_, i) => i).values();
    const takePart = async () => {
      for (const i of numbers) {
        const { device, operation } = visits[i % visits.length] as (typeof visits)[number];
        const context = await browser.newContext(device);
        context.setDefaultTimeout(120_000);
        const participant = new StudyParticipant(await context.newPage(), operation, randomAt(i));
        await participant.join(served.url);
        await participant.begin();
        await participant.answer();
        expected.push(participant.answers.map((answer) => expectedRow(answer, served.study.definition)));
        await context.close();
      }
    };
    await Promise.all([takePart(), takePart()]);
    const { answers, completions } = await readStudy(served.study.folder);
    const equal = JSON.stringify(transcripts(storedRows(answers))) === JSON.stringify(transcripts(expected));
    console.log(
      `${kind}: ${completions.length} of ${count} finished, ${answers.length} answers, ${equal ? "all" : "NOT ALL"} as given`,
    );
    if (!equal || completions.length !== count) process.exitCode = 1;
  } finally {
    await served.end();
  }
}
