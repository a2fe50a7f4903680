import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { answerRow, studyAnswers } from "../../../testing/study-answers.js";
import { temporaryFolder } from "../../../testing/workspace.js";
import { reportPage } from "../../report/html.js";
import type { AnswerRow } from "../answers.js";
import { answersCsv } from "../answers-csv.js";
import type { StudyDefinition } from "../definition.js";
import { type AnalyzedStudy, analyzeStudy } from "./analysis.js";
import { methodsParagraph } from "./methods.js";
import { readAnswersCsv } from "./read-answers.js";
import { studyReport } from "./report.js";
import { analysisTable } from "./table.js";

const near = (got: number | null | undefined, want: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) <= tolerance, `${got} instead of ${want}`);

const study = (changes: Partial<AnalyzedStudy> = {}): AnalyzedStudy => ({
  ...{ title: "Photographs", kind: "quality", systems: ["plain", "ra"], exclusions: {}, simulated: false },
  ...{ about: {}, trials: 10, checks: 1, exposure: 500, ...changes },
});

/** 10 participants, 10 items; sides alternate. Of 100 answers 60 are for ra, 28 for plain, 12 are ties. */
const hundred = Array.from({ length: 100 }, (_, k): AnswerRow => {
  const [p, i] = [Math.floor(k / 10), k % 10];
  const rank = (k * 37) % 100; // each number once
  const [left, right] = (p + i) % 2 === 0 ? ["plain", "ra"] : ["ra", "plain"];
  const choice = rank >= 88 ? "tie" : rank < 60 === (left === "ra") ? "left" : "right";
  return answerRow({
    participant: `p${p}`,
    item: `i${i}.png`,
    trial: i,
    left: left as string,
    right: right as string,
    choice,
  });
});

test("preference is the share among decided answers, with the interval and the sign test of scipy", () => {
  const { results } = analyzeStudy(study(), studyAnswers(hundred));
  const [preference] = results.preferences;
  assert.ok(preference);
  const { wins, losses, ties, neither, decided } = preference;
  assert.deepEqual({ wins, losses, ties, neither }, { wins: 60, losses: 28, ties: 12, neither: 0 });
  near(decided.share, 60 / 88);
  // scipy 1.17.1: binomtest(60, 88): proportion_ci(0.95, "exact"), pvalue
  near(decided.exact[0], 0.5739059751876634);
  near(decided.exact[1], 0.7770916612856386);
  near(preference.signTest, 0.000846496085616675);
  near(preference.tiesSplit?.value, 0.66);
  assert.ok((decided.crossed?.low ?? 1) < 60 / 88 && (decided.crossed?.high ?? 0) > 60 / 88);
});

test("swapping all sides changes neither preferences nor agreement, but the count of left choices", () => {
  const swapped = hundred.map((answer): AnswerRow => {
    const choice = answer.choice === "left" ? "right" : answer.choice === "right" ? "left" : answer.choice;
    return { ...answer, left: answer.right as string, right: answer.left, choice };
  });
  const [a, b] = [hundred, swapped].map((answers) => analyzeStudy(study(), studyAnswers(answers)).results);
  assert.deepEqual(b?.preferences, a?.preferences);
  assert.deepEqual(b?.agreement, a?.agreement);
  assert.equal(b?.sides?.left, a?.sides?.right);
});

test("an answer that neither is good decides nothing and is counted apart from ties", () => {
  const answers = ["left", "right", "right", "tie", "neither", "neither"].map((choice, i) =>
    answerRow({ participant: `p${i}`, item: `i${i}`, kind: "labels", choice: choice as "left" }),
  );
  const [preference] = analyzeStudy(study({ kind: "labels" }), studyAnswers(answers)).results.preferences;
  assert.deepEqual(
    [preference?.wins, preference?.losses, preference?.ties, preference?.neither, preference?.answers],
    [2, 1, 1, 2, 6],
  );
  near(preference?.tiesSplit?.value, (2 + 3 * 0.5) / 6);
});

/** Four trials and two checks of one participant. */
const participant = (name: string, change: (answer: AnswerRow, i: number) => Partial<AnswerRow>): AnswerRow[] =>
  Array.from({ length: 6 }, (_, i) => {
    const check = i >= 4;
    const base = answerRow({
      ...{
        participant: name,
        item: `i${i}`,
        trial: i,
        check,
        milliseconds: 1000,
        choice: i % 2 === 0 ? "left" : "right",
      },
      ...(check && { left: "intact", right: "damaged", correct: true }),
    });
    return answerRow({ ...base, ...change(base, i) });
  });

test("each rule excludes beyond its limit and not at it, and names the values", () => {
  const rules = { failed_checks: 1, median_milliseconds: 500, same_side: 0.75, answered: 0.5 };
  const answers = [
    ...participant("fine", () => ({})),
    ...participant("one failed", (_, i) => ({ correct: i === 4 ? false : null })),
    ...participant("two failed", ({ check }) => ({ correct: check ? false : null })),
    ...participant("at 500", () => ({ milliseconds: 500 })),
    ...participant("fast", ({ check }) => ({ milliseconds: check ? 9000 : 499 })),
    ...participant("three left", (_, i) => ({ choice: i < 3 ? "left" : "right" })),
    ...participant("all left", () => ({ choice: "left" })),
    ...participant("half", () => ({})).slice(0, 3),
    ...participant("left early", () => ({})).slice(0, 2),
  ];
  const { participants } = studyAnswers(answers, 6);
  const analysis = analyzeStudy(study({ exclusions: rules }), { participants, answers });
  assert.deepEqual(
    analysis.exclusions.map(({ participant, broken }) => [
      participant,
      broken.map(({ rule, value }) => `${rule} ${value}`),
    ]),
    [
      ["two failed", ["failed_checks 2"]],
      ["fast", ["median_milliseconds 499"]],
      ["all left", ["same_side 1"]],
      ["left early", [`answered ${2 / 6}`]],
    ],
  );
  assert.equal(analysis.results.participants, 5);
  assert.equal(analysis.withExcluded.participants, 9);
  assert.deepEqual(analyzeStudy(study(), { participants, answers }).exclusions, []);
});

test("one who joined and answered nothing is excluded by the rule about answers alone", () => {
  const participants = [{ participant: "silent", joined_at: "2026-01-02T03:00:00.000Z", finished_at: null, trials: 6 }];
  const rules = { failed_checks: 0, median_milliseconds: 500, same_side: 0.5 };
  assert.deepEqual(analyzeStudy(study({ exclusions: rules }), { participants, answers: [] }).exclusions, []);
  const excluded = analyzeStudy(study({ exclusions: { answered: 0.1 } }), { participants, answers: [] }).exclusions;
  assert.deepEqual(excluded, [{ participant: "silent", broken: [{ rule: "answered", value: 0, limit: 0.1 }] }]);
});

/** Names of images of plain and ra by 6 participants: of ra 15 of 18 right, of plain 9 of 18. */
const named = Array.from({ length: 36 }, (_, k): AnswerRow => {
  const [p, i] = [Math.floor(k / 6), k % 6];
  const isRa = (p + i) % 2 === 0;
  const correct = isRa ? k % 12 !== 0 : (p + i) % 4 === 1;
  const name = correct ? "cat" : "<script>alert(1)</script>";
  return answerRow({
    ...{ participant: `p${p}`, item: `i${i}`, trial: i, kind: "naming", left: isRa ? "ra" : "plain", right: null },
    ...{ choice: null, name, correct, exposure: 500 },
  });
});

test("accuracy of names is counted by system, with the difference to the reference", () => {
  const { results, items } = analyzeStudy(study({ kind: "naming" }), studyAnswers(named));
  const right = (system: string) => named.filter(({ left, correct }) => left === system && correct).length;
  assert.deepEqual(
    results.naming?.systems.map(({ system, accuracy }) => [system, accuracy.count, accuracy.of]),
    [
      ["plain", right("plain"), 18],
      ["ra", right("ra"), 18],
    ],
  );
  near(results.naming?.differences[0]?.value, (right("ra") - right("plain")) / 18);
  assert.deepEqual(results.preferences, []);
  assert.equal(items[0]?.wrongNames?.[0]?.name, "<script>alert(1)</script>");
});

test("three systems get strengths, and the tests of their pairs are adjusted", () => {
  const pairs = [
    ["plain", "ra"],
    ["plain", "gan"],
    ["ra", "gan"],
  ] as const;
  const answers = Array.from({ length: 90 }, (_, k) => {
    const [left, right] = pairs[k % 3] as readonly [string, string];
    return answerRow({
      participant: `p${k % 9}`,
      item: `i${k % 10}`,
      left,
      right,
      choice: k % 7 < 5 ? "right" : "left",
    });
  });
  const { results } = analyzeStudy(study({ systems: ["plain", "ra", "gan"] }), studyAnswers(answers));
  assert.deepEqual(
    results.preferences.map(({ system, over }) => `${system} over ${over}`),
    ["ra over plain", "gan over plain", "gan over ra"],
  );
  assert.ok(results.preferences.every(({ signTest, adjustedSignTest }) => adjustedSignTest >= signTest));
  const [plain, ra, gan] = results.strengths?.systems ?? [];
  assert.ok((plain?.value ?? 1) === 0 && (ra?.value ?? 0) > 0 && (gan?.value ?? 0) > (ra?.value ?? 9));
});

for (const [what, answers] of [
  ["no answers", []],
  ["one answer", hundred.slice(0, 1)],
  ["ties alone", hundred.map((answer) => answerRow({ ...answer, choice: "tie" }))],
  ["equal choices", hundred.map((answer) => answerRow({ ...answer, left: "plain", right: "ra", choice: "right" }))],
  ["one participant", hundred.slice(0, 10)],
] as const)
  test(`a study with ${what} has a table and a report without NaN`, () => {
    const analysis = analyzeStudy(study(), studyAnswers(answers));
    const report = studyReport(study(), analysis, { version: "1", items: 10 });
    for (const text of [analysisTable(analysis), JSON.stringify(report), JSON.stringify(analysis)])
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
  });

test("the answers in an exported CSV file give the same analysis, also with names that a spreadsheet would compute", async (t) => {
  const file = join(temporaryFolder(t), "answers.csv");
  for (const [answers, kind] of [
    [hundred, "quality"],
    [named.map((answer) => ({ ...answer, name: '=1+1,"\n' })), "naming"],
  ] as const) {
    writeFileSync(file, answersCsv(answers, { simulated: true } as StudyDefinition));
    const { simulated, ...read } = await readAnswersCsv(file);
    assert.equal(simulated, true);
    assert.deepEqual(read.answers, answers);
    assert.deepEqual(
      analyzeStudy(study({ kind }), read).results,
      analyzeStudy(study({ kind }), studyAnswers(answers)).results,
    );
  }
});

test("a CSV file that is damaged or has a trial twice is refused with the place", async (t) => {
  const file = join(temporaryFolder(t), "answers.csv");
  const text = answersCsv(hundred, { simulated: false } as StudyDefinition);
  for (const [content, message] of [
    [`${text}${text.split("\n")[1]}\n`, /a trial of participant p0 appears twice/],
    [text.replace("2000", "soon"), /answer 1: milliseconds/],
    [text.replace(",quality,", ",taste,"), /answer 1: kind/],
    ["participant,trial\n", /no answers/],
    ["a\n1,2\n", /cannot read/],
    [text.split("\n")[0] ?? "", /no answers/],
  ] as const) {
    writeFileSync(file, content);
    await assert.rejects(readAnswersCsv(file), message);
  }
  await assert.rejects(readAnswersCsv(join(file, "x")), /cannot read/);
});

test("the report escapes names, loads nothing and is marked as simulated at its top and in its title", async () => {
  const hostile = study({
    ...{ kind: "naming", simulated: true, title: '"><img src=x onerror=alert(1)>', about: { judge: "<b>&" } },
    systems: ["plain", "ra"],
  });
  const answers = named.map((answer) => ({ ...answer, item: `"'><svg onload=x>${answer.item}\u202e` }));
  const analysis = analyzeStudy(hostile, studyAnswers(answers));
  const whole = await reportPage(studyReport(hostile, analysis, { version: "1", items: 6 }));
  // The page's own style, data, script and licenses: a text that ended one of them would be left over.
  const page = whole.replaceAll(/<(script|style)( [^>]*)?>.*?<\/\1>/gs, "");
  assert.equal(whole.match(/<script/gi)?.length, 3);
  const tags = [...page.matchAll(/<(\/?[a-z!][a-z0-9-]*)/gi)].map(([, tag]) => tag);
  assert.deepEqual(
    tags.filter((tag) => /^(script|img|b|link|iframe|a|object)$/i.test(tag ?? "")),
    [],
  );
  assert.doesNotMatch(page, /<svg onload|\u202e|<script/);
  assert.match(whole, /\\u003cscript>alert\(1\)\\u003c\/script>/);
  assert.deepEqual(
    [...page.matchAll(/https?:[^"' ]*/g)].map(([url]) => url).filter((url) => url !== "http://www.w3.org/2000/svg"),
    [],
  );
  assert.match(page, /<title>SIMULATED: /);
  assert.match(page, /class="warning">SIMULATED/);
  assert.match(analysisTable(analysis), /^SIMULATED/);
});

test("the methods paragraph has the design, the rules of exclusion with their effect, the statistics and the version", () => {
  const design = study({ exclusions: { failed_checks: 1, answered: 0.9 }, simulated: true });
  const analysis = analyzeStudy(design, studyAnswers(hundred), { seed: 5 });
  const paragraph = methodsParagraph(design, analysis, { version: "9.8.7", hash: "abc123", items: 10 });
  for (const part of [
    /^SIMULATED/,
    /2 systems \(plain, the reference, and ra\) on 10 items/,
    /10 simulated participants joined, and 10 finished/,
    /10 trials and 1 attention check/,
    /more than 1 failed attention check; less than 90\.0 % of the trials answered/,
    /excluded 0 of 10 participants/,
    /pigeonhole bootstrap \(Owen 2007\)/,
    /Clopper and Pearson/,
    /Krippendorff's α/,
    /Legible 9\.8\.7, seed 5; SHA-256 of study\.json abc123/,
  ])
    assert.match(paragraph, part);
});
