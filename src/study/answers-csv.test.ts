import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import type { AnswerRow } from "./answers.js";
import { answersCsv } from "./answers-csv.js";
import type { StudyDefinition } from "./definition.js";

const row: AnswerRow = {
  ...{
    participant: "0123456789abcdef",
    trial: 0,
    kind: "naming",
    item: "a.png",
    left: "ra",
    right: null,
    choice: null,
  },
  ...{ chosen: null, name: "dog", correct: true, check: false, milliseconds: 12.5, exposure: 499, input: "touch" },
  ...{ width: 390, height: 844, answered_at: "2026-01-01T00:00:00.000Z" },
};
const definition = { simulated: false } as StudyDefinition;

test("a name that a spreadsheet would compute is text there, and every other name reads back as it was typed", () => {
  const harmless = ["dog", 'a "dog"', "dog, cat", "Käfer 🐞", "a\nb", " dog", "1-2", "a=b", ""];
  const computed = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example","x")', "\t=1", "＝1", "＠x"];
  const names = [...harmless, ...computed];
  const text = answersCsv(
    names.map((name) => ({ ...row, name })),
    definition,
  );
  const read = parse(text, { columns: true }) as Record<string, string>[];
  assert.deepEqual(
    read.map(({ name }) => name),
    [...harmless, ...computed.map((name) => `'${name}`)],
  );
  assert.ok(
    read.every(
      ({ right, milliseconds, simulated }) => right === "" && milliseconds === "12.5" && simulated === "false",
    ),
  );
});

test("a negative number is a number, not text", () => {
  const [read] = parse(answersCsv([{ ...row, milliseconds: -0.5 }], definition), { columns: true }) as {
    milliseconds: string;
  }[];
  assert.equal(read?.milliseconds, "-0.5");
});
