import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import {
  addDataOptions,
  addRecognizerOptions,
  addTaskOptions,
  type DataFlags,
  namedFiles,
  number,
  positiveInteger,
  type RecognizerFlags,
  recognizerFrom,
  selectionFrom,
  taskFrom,
  threeNumbers,
} from "./options.js";

test("whole numbers of 1 or more are read and nothing else is", () => {
  assert.equal(positiveInteger("12"), 12);
  for (const text of ["0", "-1", "1.5", "", "x", "1e3"])
    assert.throws(() => positiveInteger(text), /whole number of 1/);
});

test("numbers are finite", () => {
  assert.equal(number("-1e-3"), -0.001);
  for (const text of ["", " ", "x", "Infinity", "1,5"]) assert.throws(() => number(text), /Expected a number/);
});

test("three numbers are three", () => {
  assert.deepEqual(threeNumbers("0.5,0.25,1"), [0.5, 0.25, 1]);
  for (const text of ["1,2", "1,2,3,4", "a,b,c", "1,,3"]) assert.throws(() => threeNumbers(text));
});

test("named files are collected, an equals sign in the path included", () => {
  const first = namedFiles("plain=a.onnx");
  assert.deepEqual(namedFiles("ra=b=c.onnx", first), [
    { name: "plain", file: "a.onnx" },
    { name: "ra", file: "b=c.onnx" },
  ]);
  for (const text of ["a.onnx", "=a.onnx", "plain="]) assert.throws(() => namedFiles(text), /Expected NAME=FILE/);
});

test("a task's options are flags of the command and appear in its help", () => {
  const command = addTaskOptions(new Command("x"));
  assert.equal(taskFrom(command.opts()).scale, 4);
  command.parse(["--task", "sr", "--scale", "2"], { from: "user" });
  assert.equal(taskFrom(command.opts()).scale, 2);
  assert.match(command.helpInformation(), /--scale <value> +sr: .*\(default: 4\)/);
  command.parse(["--scale", "many"], { from: "user" });
  assert.throws(() => taskFrom(command.opts()), /cannot create task "sr" with \{"scale":"many"\}/);
});

test("an option that another leaves without effect is refused", () => {
  const command = addTaskOptions(new Command("x"));
  const parse = (text: string) => taskFrom(command.parse(text.split(" "), { from: "user" }).opts());
  assert.equal(parse("--task deblur --kind motion --length 9").options.length, 9);
  const idle = /^UserError: --length would change nothing: the task is deblur --kind gaussian --sigma 2$/;
  assert.throws(() => parse("--task deblur --kind gaussian --length 9"), idle);
});

test("an option that several tasks have is one flag, and a range is read and shown with two dots", () => {
  const command = addTaskOptions(new Command("x"));
  const parse = (...args: string[]) => taskFrom(command.parse(args, { from: "user" }).opts());
  assert.deepEqual(parse("--task", "denoise", "--sigma", "0.05..0.2").options, { sigma: [0.05, 0.2] });
  assert.throws(
    () => parse("--task", "denoise", "--sigma", "0.2..0.05"),
    /^UserError: cannot create task "denoise" .*sigma: expected a number from 0 to 1, or a range such as 0\.\.1/,
  );
  assert.match(
    command.helpInformation().replace(/\s+/g, " "),
    /--sigma <value> denoise: .*0\.1\); deblur: .*\(default: 2\)/,
  );
  assert.match(command.helpInformation(), /\(default: 0\.\.180\)/);
});

test("an option of another task is refused with those of this one", () => {
  const command = addTaskOptions(new Command("x")).parse(["--task", "denoise", "--severity", "3"], { from: "user" });
  assert.throws(() => taskFrom(command.opts()), /Unrecognized key: "severity"\. Its options: sigma/);
});

test("the flags about a recognizer are read in either case and nothing else is", () => {
  const command = addRecognizerOptions(new Command("x"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const parse = (...args: string[]) => command.parse(args, { from: "user" }).opts<RecognizerFlags>();
  const given = parse("--layout", "nhwc", "--channels", "BGR", "--range", "255", "--mean", "1,2,3", "--output", "y");
  assert.deepEqual(recognizerFrom(given), {
    size: undefined,
    mean: [1, 2, 3],
    std: undefined,
    range: 255,
    layout: "NHWC",
    channels: "BGR",
    output: "y",
  });
  assert.throws(() => parse("--layout", "chwn"), /Expected nchw or nhwc/);
  assert.throws(() => parse("--range", "256"), /Expected 1 or 255/);
});

test("the flags about data take everything of the command's part unless they say otherwise", () => {
  const parse = (...args: string[]) => {
    const command = addDataOptions(new Command("x"), { description: "images", part: "test" });
    return command
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parse(["--data", "a", ...args], { from: "user" });
  };
  const flags = (...args: string[]) => parse(...args).opts<DataFlags>();
  assert.deepEqual(flags("--data", "b").data, ["a", "b"]);
  assert.deepEqual(selectionFrom(flags()), { part: "test" });
  const given = flags("--classes", "0-4", "--split", "0.9", "--split-seed", "3", "--part", "train");
  assert.deepEqual(selectionFrom(given), { part: "train", classes: "0-4", split: { train: 0.9, seed: 3 } });
  for (const text of ["0", "1", "90", "x"]) assert.throws(() => parse("--split", text), /number/);
  assert.throws(() => parse("--part", "val"), /Allowed choices are train, test/);
});
