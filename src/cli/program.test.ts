import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { evaluate } from "../commands/evaluate.js";
import { train } from "../commands/train.js";
import { trainRecognizer } from "../commands/train-recognizer.js";

const printed = async (...words: string[]) =>
  JSON.parse((await runCommand(train, "--data", "d", "--out", "o", ...words, "--print-config")).out);

test("flags override a config file, in JSON or YAML, and the file overrides defaults", async (t) => {
  const folder = temporaryFolder(t);
  const [json, yaml] = [join(folder, "c.json"), join(folder, "c.yaml")];
  writeFileSync(
    json,
    '{"$schema": "schemas/train.json", "lr": 0.25, "batch": 3, "recognizer": ["a.onnx", {"file": "b.onnx", "weight": 2}]}',
  );
  writeFileSync(yaml, "lr: 0.25\nbatch: 3\nrecognizer: [a.onnx, b.onnx=2]\n");
  for (const file of [json, yaml]) {
    const { lr, batch, crop, recognizer } = await printed("--config", file, "--batch", "4", "--steps", "9");
    assert.deepEqual([lr, batch, crop], [0.25, 4, 128]);
    assert.deepEqual(recognizer, [
      { file: "a.onnx", weight: 1 },
      { file: "b.onnx", weight: 2 },
    ]);
  }
});

test("a printed config is a config file", async (t) => {
  const file = join(temporaryFolder(t), "c.json");
  const config = await printed("--steps", "9", "--mean", "1,2,3", "--recognizer", "a.onnx", "--sigma", "0.1..0.2");
  writeFileSync(file, JSON.stringify(config));
  assert.deepEqual(JSON.parse((await runCommand(train, "--config", file, "--print-config")).out), config);
});

const refusals: readonly (readonly [words: string, expected: RegExp])[] = [
  ["", /^UserError: cannot run train: --data is required$/],
  ["--data d", /--out is required/],
  ["--data d --out o --lr 0", /--lr must be above 0, and is 0/],
  [
    "--data d --out o --after jpeg:101",
    /--after is "jpeg:101"; expected an integer from 1 to 100, .* as the value of jpeg/,
  ],
  [
    "--data d --out o --after resize:0.7+jpeg:50",
    /--after is "resize:0.7\+jpeg:50"; expected single handlings; only evaluate takes chains with \+/,
  ],
  ["--data d --out o --objective foo", /--objective must be .*plain.* or \w+, and is "foo"/],
  ["--data d --out o --batch 1.5", /--batch must be a whole number of 1 or more, and is 1.5/],
  ["--data d --out o --seed 1.5", /--seed must be a whole number/],
  ["--data d --out o --lambda-warmup -1", /--lambda-warmup must be a whole number of 0 or more/],
  ["--data d --out o --layout chwn", /--layout must be NCHW or NHWC, and is "chwn"/],
  ["--data d --out o --range 256", /--range must be 1 or 255, and is 256/],
  ["--data d --out o --mean 1,2", /--mean/],
  ["--data d --out o --split 1", /--split must be between 0 and 1/],
  ["--data d --out o --recognizer a.onnx=0", /--recognizer .*FILE=WEIGHT with a weight above 0/],
  ["--config nowhere.json", /cannot read the config file nowhere\.json: no such file/],
];
for (const [words, expected] of refusals)
  test(`train ${words} is refused in one sentence that names the flag`, async () => {
    await assert.rejects(runCommand(train, ...words.split(" ").filter(Boolean), "--print-config"), expected);
  });

test("a setting that a config file misspells is refused by name", async (t) => {
  const file = join(temporaryFolder(t), "c.yaml");
  writeFileSync(file, "learningRate: 1\n");
  await assert.rejects(runCommand(train, "--config", file, "--data", "d", "--out", "o"), /no setting `learningRate`/);
});

test("a processor is named by its file unless a name is given, and a path may hold an equals sign", async () => {
  const words = [
    "--data",
    "d",
    "--processor",
    "plain=a.onnx",
    "--processor",
    "ra=b=c.onnx",
    "--processor",
    "runs/x/model.onnx",
  ];
  const { processor } = JSON.parse((await runCommand(evaluate, ...words, "--print-config")).out);
  assert.deepEqual(processor, [
    { name: "plain", file: "a.onnx" },
    { name: "ra", file: "b=c.onnx" },
    { name: "x", file: "runs/x/model.onnx" },
  ]);
});

test("a switch that is on by default is turned off by its negation", async () => {
  const words = ["--data", "d", "--steps", "1", "--out", "o"];
  const flip = async (...more: string[]) =>
    JSON.parse((await runCommand(trainRecognizer, ...words, ...more, "--print-config")).out).flip;
  assert.deepEqual([await flip(), await flip("--no-flip")], [true, false]);
});
