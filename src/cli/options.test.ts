import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addTaskOptions, namedFiles, number, positiveInteger, taskFrom, threeNumbers } from "./options.js";

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
  assert.throws(() => taskFrom(command.opts()), /cannot set up the task "sr" with \{"scale":"many"\}/);
});
