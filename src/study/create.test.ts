import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { studyCreate } from "../commands/study-create.js";
import { studyServe } from "../commands/study-serve.js";
import { randomAt } from "../random.js";
import { codeHash, tokenIn } from "./codes.js";
import type { StudyDefinition, StudyItem } from "./definition.js";
import { openStudy, sha256 } from "./study-folder.js";

const CLASSES = ["tench, Tinca tinca", "great white shark", "house_finch"];

/** Writes an image of random colors, or of one color, as JPEG or PNG by its name. */
async function writeImage(path: string, seed: number, width = 24, height = 16): Promise<void> {
  const random = randomAt(seed);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  mkdirSync(join(path, ".."), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .withExif({ IFD0: { Artist: "SECRET-ARTIST", ImageDescription: "system ra" } })
    .toFile(path);
}

/** Originals of three classes and the results of plain and ra: 6 images each. */
async function folders(t: TestContext) {
  const folder = temporaryFolder(t);
  const [originals, plain, ra, out] = ["originals", "plain", "ra", "study"].map((name) => join(folder, name));
  for (let i = 0; i < 6; i++) {
    await writeImage(join(originals as string, `${i}.png`), i);
    await writeImage(join(plain as string, `${i}.png`), 100 + i);
    await writeImage(join(ra as string, `${i}.jpg`), 200 + i);
  }
  const rows = Array.from({ length: 6 }, (_, i) => `${i}.png,${i % 3}\n`);
  writeFiles(originals as string, {
    "labels.csv": `file,class_index\n${rows.join("")}`,
    "classes.txt": CLASSES.join("\n"),
  });
  return { folder, originals, plain, ra, out } as Record<"folder" | "originals" | "plain" | "ra" | "out", string>;
}

const create = (...words: string[]) => runCommand(studyCreate, ...words);

const regular = ({ items }: StudyDefinition): StudyItem[] => items.filter(({ check }) => check === undefined);

test("a study of quality has the pixels of the results, in files that reveal neither system nor metadata", async (t) => {
  const { folder, plain, ra, out } = await folders(t);
  await writeImage(join(ra, "sub", "only-ra.png"), 1);
  await writeImage(join(plain, "size.png"), 1);
  await writeImage(join(ra, "size.png"), 2, 16, 24);
  await writeImage(join(plain, "same.png"), 3);
  await writeImage(join(ra, "same.png"), 3);
  writeFiles(plain, { "broken.png": "no image", "notes.txt": "text" });
  await writeImage(join(ra, "broken.png"), 4);
  const systems = ["--system", `plain=${plain}`, "--system", `ra=${ra}`];
  const words = ["--kind", "quality", ...systems, "--codes", "5", "--checks", "2", "--max-failed-checks", "1"];
  const run = await create("--out", out, ...words, "--max-same-side", "0.9", "--seed", "9");
  assert.equal(run.outcome, "incomplete");
  assert.match(run.err, /skipped 3 images:\n {2}broken: cannot decode/);
  assert.match(run.err, /size: its images have different sizes: 24x16, 16x24/);
  assert.match(run.err, /sub\/only-ra: it is missing in plain/);
  assert.match(run.err, /left out 1 image: the same with two systems/);
  const { definition, hash } = await openStudy(out);
  assert.match(run.out, new RegExp(hash));
  assert.equal(sha256(readFileSync(join(out, "study.json"))), hash);
  assert.deepEqual(definition.exclusions, { failed_checks: 1, same_side: 0.9 });
  assert.deepEqual([definition.systems, definition.seed, definition.trials], [["plain", "ra"], 9, 6]);

  const items = regular(definition);
  assert.deepEqual(
    items.map(({ id }) => id),
    ["0", "1", "2", "3", "4", "5"],
  );
  for (const item of items) {
    assert.ok(item.kind === "quality");
    for (const [system, extension] of [
      ["plain", "png"],
      ["ra", "jpg"],
    ] as const) {
      const source = join(folder, system, `${item.id}.${extension}`);
      const stored = join(out, "images", item.images[system] as string);
      const pixels = (path: string) => sharp(path).removeAlpha().raw().toBuffer();
      assert.deepEqual(await pixels(stored), await pixels(source));
    }
  }
  const names = readdirSync(join(out, "images"));
  assert.equal(names.length, 6 * 2 + 2 * 2);
  for (const name of names) {
    assert.match(name, /^[0-9a-f]{32}\.png$/);
    const bytes = readFileSync(join(out, "images", name), "latin1");
    assert.ok(!/SECRET|system|eXIf|tEXt|iTXt|tIME/.test(bytes), "no metadata");
  }
  const codes = readFileSync(join(out, "codes.csv"), "utf8").trim().split("\n");
  assert.equal(codes.length, 6);
  assert.ok(definition.access.kind === "codes");
  assert.deepEqual(
    definition.access.codes,
    codes.slice(1).map((code) => codeHash(definition.id, code)),
  );
  assert.equal(statSync(out).mode & 0o777, 0o700);
});

test("attention checks are a result beside a copy that is clearly worse", async (t) => {
  const { plain, ra, out } = await folders(t);
  await create(
    "--out",
    out,
    "--kind",
    "quality",
    "--system",
    `a=${plain}`,
    "--system",
    `b=${ra}`,
    "--open",
    "9",
    "--checks",
    "3",
  );
  const { definition } = await openStudy(out);
  const checks = definition.items.filter(({ check }) => check !== undefined);
  assert.equal(checks.length, 3);
  for (const item of checks) {
    assert.ok(item.kind === "quality" && item.check === "intact");
    const read = (side: string) =>
      sharp(join(out, "images", item.images[side] as string))
        .raw()
        .toBuffer({ resolveWithObject: true });
    const [intact, damaged] = [await read("intact"), await read("damaged")];
    assert.deepEqual([damaged.info.width, damaged.info.height], [intact.info.width, intact.info.height]);
    const difference = intact.data.reduce((sum, value, i) => sum + Math.abs(value - (damaged.data[i] as number)), 0);
    assert.ok(difference / intact.data.length > 20);
  }
});

test("a study is never overwritten, and a folder with files is no new study", async (t) => {
  const { plain, ra, out } = await folders(t);
  const words = ["--kind", "quality", "--system", `plain=${plain}`, "--system", `ra=${ra}`, "--open", "9"];
  await create("--out", out, ...words);
  const before = readFileSync(join(out, "study.json"), "utf8");
  await assert.rejects(create("--out", out, ...words), /there is a study; a study is never overwritten/);
  assert.equal(readFileSync(join(out, "study.json"), "utf8"), before);
  await assert.rejects(create("--out", plain, ...words), /the folder is not empty/);
});

test("a study that cannot be created leaves nothing", async (t) => {
  const { folder, plain, ra, out } = await folders(t);
  const base = ["--out", out, "--kind", "quality"];
  const both = ["--system", `plain=${plain}`, "--system", `ra=${ra}`];
  const written = {
    ...{
      "short.txt": "abc\n",
      "twice.txt": "code\nABCD\nab-cd\n",
      "blank.txt": "\ufeff\r\n \r\n",
      "long.txt": "x".repeat(20_001),
    },
    "latin.txt": Buffer.from("Teilnahme für Erwachsene\nABCD\n", "latin1"),
  };
  writeFiles(folder, written);
  const cases: readonly (readonly [words: string[], message: RegExp])[] = [
    [[...both], /needs either --codes or --open/],
    [[...both, "--open", "3", "--codes", "3"], /needs either --codes or --open/],
    [["--open", "3"], /needs two systems or more: --system name=folder/],
    [["--system", `plain=${plain}`, "--open", "3"], /needs two systems or more/],
    [["--system", `plain=${plain}`, "--system", `plain=${ra}`, "--open", "3"], /--system has the name plain twice/],
    [["--system", plain, "--open", "3"], /--system .*must be name=path/],
    [
      ["--system", "plain=/none", "--system", `ra=${ra}`, "--open", "3"],
      /cannot read the images of plain in \/none: no such/,
    ],
    [["--system", `a=${plain}`, "--system", `b=${plain}`, "--open", "3"], /no image can be used/],
    [[...both, "--open", "3", "--trials", "7"], /there are 7 trials, but 6 items/],
    [[...both, "--open", "0"], /--open must be a whole number of 1 or more/],
    [[...both, "--open", "3", "--choices", "4"], /--choices has no effect on a study of quality/],
    [[...both, "--open", "3", "--exposure", "400"], /--exposure has no effect on a study of quality/],
    [[...both, "--codes", join(folder, "short.txt")], /the code "abc" does not have 4 to 64 letters/],
    [[...both, "--codes", join(folder, "twice.txt")], /the code "ab-cd" is repeated/],
    [[...both, "--codes", join(folder, "none.txt")], /cannot read .*none.txt: no such file/],
    [[...both, "--open", "3", "--consent", join(folder, "none.txt")], /cannot read .*none.txt: no such file/],
    [[...both, "--open", "3", "--consent", join(folder, "blank.txt")], /blank.txt as --consent: it is empty/],
    [[...both, "--open", "3", "--consent", join(folder, "long.txt")], /has 20001 characters, and 20000 are possible/],
    [
      [...both, "--open", "3", "--consent", join(folder, "latin.txt")],
      /cannot read .*latin.txt: it is not text in UTF-8/,
    ],
    [[...both, "--codes", join(folder, "latin.txt")], /cannot read .*latin.txt: it is not text in UTF-8/],
    [[...both, "--codes", join(folder, "blank.txt")], /blank.txt as --codes: it has no codes/],
    [["--system", `__proto__=${plain}`, "--system", `ra=${ra}`, "--open", "3"], /--system .*must be name=path/],
  ];
  for (const [words, message] of cases) await assert.rejects(create(...base, ...words), message, words.join(" "));
  assert.deepEqual(
    readdirSync(folder).filter((name) => !["originals", "plain", "ra", ...Object.keys(written)].includes(name)),
    [],
  );
});

test("a study.json that was changed after its creation is refused", async (t) => {
  const { plain, ra, out } = await folders(t);
  await create("--out", out, "--kind", "quality", "--system", `plain=${plain}`, "--system", `ra=${ra}`, "--open", "9");
  const path = join(out, "study.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"cap": 9', '"cap": 90'));
  await assert.rejects(openStudy(out), /study.json was changed after its creation: its SHA-256 is/);
  await assert.rejects(runCommand(studyServe, out), /was changed after its creation/);
  writeFileSync(join(out, "study.sha256"), sha256(readFileSync(path)));
  assert.equal((await openStudy(out)).definition.access.kind, "open");
});

test("a study of naming has the classes of the originals, and accepts each of a class's names", async (t) => {
  const { originals, plain, ra, out } = await folders(t);
  const words = ["--kind", "naming", "--originals", originals, "--system", `plain=${plain}`, "--system", `ra=${ra}`];
  await create("--out", out, ...words, "--open", "9", "--checks", "2", "--exposure", "250");
  const { definition } = await openStudy(out);
  assert.equal(definition.exposure, 250);
  const items = regular(definition);
  const checks = definition.items.filter(({ check }) => check === true);
  assert.deepEqual([items.length, checks.length], [4, 2]);
  const idsOf = (list: readonly StudyItem[]) => list.map(({ id }) => id.replace("check ", ""));
  assert.deepEqual(
    [...idsOf(items), ...idsOf(checks)].sort(),
    ["0", "1", "2", "3", "4", "5"],
    "no original is seen twice",
  );
  for (const item of definition.items) {
    assert.ok(item.kind === "naming");
    const index = Number(idsOf([item])[0]) % 3;
    assert.equal(item.truth?.class_index, index);
    assert.deepEqual(item.accepted, [["tench", "Tinca tinca"], ["great white shark"], ["house finch"]][index]);
    assert.deepEqual(Object.keys(item.images), item.check ? ["original"] : ["plain", "ra"]);
    assert.equal(item.choices, undefined);
  }
  const chosen = `${out}-choices`;
  await create("--out", chosen, ...words, "--open", "9", "--choices", "2");
  for (const item of (await openStudy(chosen)).definition.items) {
    assert.ok(item.kind === "naming" && item.choices?.length === 2);
    assert.deepEqual([...item.choices].sort(), item.choices);
    assert.ok(item.choices.includes(item.accepted[0] as string));
  }
});

test("a study of labels has those of JSON and CSV files, best first, and checks with labels of another image", async (t) => {
  const { folder, originals, out } = await folders(t);
  const plain = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i}.png`, [`thing ${i}`, { name: "dog" }]]));
  const ra = Array.from({ length: 5 }, (_, i) => `${i}.png,"cat, ${i}"\n${i}.png,animal\n`).join("");
  writeFiles(folder, {
    "plain.json": JSON.stringify({ ...plain, "3.png": ["cat, 3", "Animals"] }),
    "ra.csv": `file,label\n${ra}`,
  });
  const words = ["--kind", "labels", "--originals", originals, "--labels", `plain=${join(folder, "plain.json")}`];
  const run = await create(
    "--out",
    out,
    ...words,
    "--labels",
    `ra=${join(folder, "ra.csv")}`,
    "--open",
    "5",
    "--checks",
    "2",
  );
  assert.match(run.err, /5: it has no labels of ra/);
  assert.match(run.err, /left out 1 image/);
  const { definition } = await openStudy(out);
  const [first, ...others] = regular(definition);
  assert.equal(others.length, 3);
  assert.ok(first?.kind === "labels");
  assert.deepEqual(first.labels, { plain: ["thing 0", "dog"], ra: ["cat, 0", "animal"] });
  assert.equal(first.truth?.name, "tench");
  for (const item of definition.items.filter(({ check }) => check !== undefined)) {
    assert.ok(item.kind === "labels" && item.check === "own");
    const common = item.labels.own?.filter((label) => item.labels.other?.includes(label));
    assert.deepEqual(common, []);
  }
});

test("a study of labels reads what a service gave each processor from a predictions file", async (t) => {
  const { folder, originals, out } = await folders(t);
  const rows = ["none", "plain", "ra", "clean"];
  const header = {
    ...{
      format: "legible-predictions",
      version: 2,
      task: "jpeg",
      options: {},
      scale: 1,
      protocol: "full",
      crop_border: 0,
    },
    ...{ data: { folders: [originals], count: 6, skipped: [] }, seed: 0, processors: rows, judges: ["google"] },
  };
  const lines = Array.from({ length: 6 }, (_, i) =>
    rows.map((processor) => ({
      ...{
        file: join(originals, `${i}.png`),
        processor,
        judge: "google",
        label: i % 3,
        ranked: null,
        psnr: 30,
        ssim: 0.9,
      },
      labels: Array.from({ length: 8 }, (_, j) => ({ name: `${processor} ${i} ${j}`, confidence: 0.9 - j / 10 })),
    })),
  );
  const path = join(folder, "predictions.jsonl");
  writeFileSync(path, [header, ...lines.flat()].map((line) => `${JSON.stringify(line)}\n`).join(""));
  const words = ["--kind", "labels", "--originals", originals, "--predictions", path, "--open", "5"];
  await create("--out", out, ...words, "--judge", "google", "--top", "3", "--checks", "1");
  const { definition } = await openStudy(out);
  assert.deepEqual(
    [definition.systems, definition.about.judge, definition.about.task],
    [["plain", "ra"], "google", "jpeg x1"],
  );
  const [first] = regular(definition);
  assert.ok(first?.kind === "labels");
  assert.deepEqual(first.labels.ra, ["ra 0 0", "ra 0 1", "ra 0 2"]);
  const check = definition.items.find((item) => item.check !== undefined);
  assert.ok(check?.kind === "labels");
  assert.match(check.labels.own?.[0] ?? "", /^clean /);
  await assert.rejects(
    create("--out", `${out}2`, ...words, "--judge", "aws"),
    /--judge aws is none of its judges that give labels: google/,
  );
  await assert.rejects(
    create("--out", `${out}2`, ...words, "--processor", "x", "--processor", "ra"),
    /--processor x is none of its processors/,
  );
});

test("a token is read from a bearer header of one form alone", () => {
  const token = "a".repeat(43);
  assert.equal(tokenIn(`Bearer ${token}`), token);
  for (const other of [undefined, token, `bearer ${token}`, `Bearer ${token} `, `Bearer ${token}=`, `Bearer  ${token}`])
    assert.equal(tokenIn(other), undefined);
});
