import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../src/errors.js";
import { type Subject, subjects } from "./fuzz-subjects.js";

/*
 * Uses the corrupted files `begin` to `end` - 1 of a seed. It runs in a separate process because native code can crash.
 * For each file it prints "try INDEX" before its use, then a line of JSON: {verdict, messages, failure, seconds, mebibytes}.
 */

const [name = "", ...numbers] = process.argv.slice(2);
const [seed, begin, end] = numbers.map(Number) as [number, number, number];
const print = (line: string) => writeSync(1, `${line}\n`);

const folder = mkdtempSync(join(tmpdir(), "legible-fuzz-"));
process.chdir(folder);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

async function result(subject: Subject, index: number) {
  try {
    return await subject(seed, index);
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) };
  }
}

const subject = await subjects[name]?.(folder);
if (!subject) throw new Error(`no subject ${name}`);
for (let index = begin; index < end; index++) {
  print(`try ${index}`);
  const start = performance.now();
  const found = await result(subject, index);
  const seconds = (performance.now() - start) / 1000;
  print(JSON.stringify({ ...found, seconds, mebibytes: process.resourceUsage().maxRSS / 1024 }));
}
process.exit();
