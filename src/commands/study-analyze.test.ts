import assert from "node:assert/strict";
import { existsSync, linkSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../testing/run-command.js";
import { testStudy } from "../../testing/study.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { UserError } from "../errors.js";
import { openSqlite } from "../platform/node/sqlite.js";
import { studyAnalyze } from "./study-analyze.js";
import { studyExport } from "./study-export.js";
import { studyPlan } from "./study-plan.js";
import { studyServe } from "./study-serve.js";
import { studySimulate } from "./study-simulate.js";
import { studyStatus } from "./study-status.js";

test("a simulated study is analyzed from its folder and from its CSV file with the same figures, marked in every output", async (t) => {
  const { folder } = await testStudy(t, { simulated: true, exclusions: { failed_checks: 0 } });
  const place = (name: string) => join(temporaryFolder(t), name);
  const [csv, json, fromCsv, report] = [place("a.csv"), place("a.json"), place("b.json"), place("a.html")];
  const prefer = ["--prefer", "ra=0.9", "--lapses", "0", "--careless", "1"];
  const { out } = await runCommand(studySimulate, folder, "--participants", "5", ...prefer, "--csv", csv);
  assert.match(out, /^SIMULATED: 5 participants, 35 new answers/);
  const printed = await runCommand(studyAnalyze, folder, "--json", json, "--report", report);
  await runCommand(studyAnalyze, csv, "--definition", join(folder, "study.json"), "--json", fromCsv);
  const [analysis, other] = [json, fromCsv].map((file) => JSON.parse(readFileSync(file, "utf8")));
  assert.deepEqual(other, analysis);
  assert.equal(analysis.simulated, true);
  assert.ok(analysis.results.preferences[0].decided.share > 0.6);
  for (const text of [printed.out, readFileSync(report, "utf8"), analysis.methods]) assert.match(text, /SIMULATED/);
  assert.match(readFileSync(csv, "utf8"), /,simulated\n(.*,true\n){35}$/);
});

test("a study without answers is analyzed; a missing or foreign file is refused in one sentence", async (t) => {
  const { folder } = await testStudy(t);
  const { out } = await runCommand(studyAnalyze, folder);
  assert.match(out, /0 answers of 0 participants/);
  await assert.rejects(runCommand(studyAnalyze, join(folder, "none")), /no such file or folder/);
  await assert.rejects(runCommand(studyAnalyze, join(folder, "study.json")), /cannot read/);
  await assert.rejects(runCommand(studyAnalyze, folder, "--definition", join(folder, "study.json")), /--definition/);
  const csv = join(temporaryFolder(t), "answers.csv");
  writeFileSync(csv, "participant,trial\nx,1\n");
  await assert.rejects(runCommand(studyAnalyze, csv, "--report", join(folder, "r.html")), /answer 1: /);
  assert.equal(existsSync(join(folder, "r.html")), false);
});

test("no output replaces a file of the study, one that serving it will create, or a file that no export wrote", async (t) => {
  const { folder } = await testStudy(t, { simulated: true });
  const list = temporaryFolder(t);
  const csv = join(list, "answers.csv");
  await runCommand(studySimulate, folder, "--participants", "1", "--csv", csv);
  const definition = join(folder, "study.json");
  const before = readFileSync(definition, "utf8");
  const link = join(list, "linked.json");
  linkSync(definition, link);
  const refused = /belongs to the study|is one of the inputs/;
  for (const file of [definition, join(folder, "answers.db-wal"), join(folder, "images", "new.json"), link])
    for (const run of [
      () => runCommand(studyAnalyze, folder, "--json", file),
      () => runCommand(studyExport, folder, "--out", file),
      () => runCommand(studySimulate, folder, "--participants", "1", "--csv", file),
    ])
      await assert.rejects(run, refused, file);
  await assert.rejects(runCommand(studyAnalyze, csv, "--definition", definition, "--json", definition), refused);
  assert.equal(readFileSync(definition, "utf8"), before);
  writeFileSync(join(list, "participants.csv"), "name,code\nAda,ABCD\n");
  await assert.rejects(
    runCommand(studyExport, folder, "--out", csv),
    /participants.csv: it is not a file of an earlier/,
  );
  assert.match(readFileSync(join(list, "participants.csv"), "utf8"), /Ada/);
  const again = join(list, "again", "answers.csv");
  for (let i = 0; i < 2; i++) await runCommand(studyExport, folder, "--out", again);
});

test("answers of other systems, items or trials than the definition's are refused", async (t) => {
  const first = await testStudy(t, { simulated: true });
  const csv = join(temporaryFolder(t), "answers.csv");
  await runCommand(studySimulate, first.folder, "--participants", "1", "--csv", csv);
  for (const other of [{ systems: ["plain", "gan"] }, { items: 7 }, { trials: 5 }]) {
    const { folder } = await testStudy(t, other);
    await assert.rejects(
      runCommand(studyAnalyze, csv, "--definition", join(folder, "study.json")),
      /is not of the study that --definition gives/,
      JSON.stringify(other),
    );
  }
});

test("a database with foreign tables is one sentence, of each command that opens it", async (t) => {
  const { folder } = await testStudy(t, { simulated: true });
  openSqlite(join(folder, "answers.db"), "CREATE TABLE answers (other TEXT)").close();
  const out = join(temporaryFolder(t), "answers.csv");
  const readers = [
    () => runCommand(studyStatus, folder),
    () => runCommand(studyExport, folder, "--out", out),
    () => runCommand(studyAnalyze, folder),
    () => runCommand(studyServe, folder, "--port", "0"),
  ];
  for (const read of readers)
    await assert.rejects(read, (error) => error instanceof UserError && /cannot use the database/.test(error.message));
  assert.equal(existsSync(out), false);
});

test("names of systems that a spreadsheet would compute read back from the CSV file", async (t) => {
  const { folder } = await testStudy(t, { simulated: true, systems: ["-plain", "=ra"] });
  const csv = join(temporaryFolder(t), "answers.csv");
  await runCommand(studySimulate, folder, "--participants", "2", "--csv", csv);
  assert.match(readFileSync(csv, "utf8"), /,'=ra,/);
  const { out } = await runCommand(studyAnalyze, csv, "--definition", join(folder, "study.json"));
  assert.match(out, /=ra over -plain/);
  assert.doesNotMatch(out, /'[=-]/);
});

test("the address of a study behind a proxy has no path, because its pages are at the root", async (t) => {
  const { folder } = await testStudy(t);
  for (const address of ["https://example.org/study", "https://example.org/?a", "https://ada@example.org"])
    await assert.rejects(
      runCommand(studyServe, folder, "--origin", address, "--port", "0"),
      /without a path or a user/,
    );
});

test("simulated participants take part in no study for people", async (t) => {
  const { folder } = await testStudy(t);
  await assert.rejects(runCommand(studySimulate, folder), /is for people/);
  assert.equal(existsSync(join(folder, "answers.csv")), false);
});

test("a plan prints the same numbers as text and as JSON, and impossible settings are refused", async () => {
  const { out } = await runCommand(studyPlan, "--effect", "0.6");
  const plan = JSON.parse((await runCommand(studyPlan, "--effect", "0.6", "--json")).out);
  assert.equal(plan.answers, 210); // scipy: see sample-size.test.ts
  assert.match(out, new RegExp(`${plan.participants} participants are needed`));
  for (const [flags, message] of [
    [["--effect", "0.5"], /--effect/],
    [["--effect", "0.6", "--trials", "50", "--items", "40"], /--trials/],
    [["--effect", "0.6", "--participant-variance", "0.6", "--item-variance", "0.6"], /exceeds 1/],
    [["--effect", "1.2"], /at most 1/],
  ] as const)
    await assert.rejects(runCommand(studyPlan, ...flags), message);
});
