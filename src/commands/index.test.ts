import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsFor, loadCommands } from "./index.js";

test("each command is found by its name, alone", async () => {
  for (const { name } of await loadCommands()) {
    const found = await commandsFor([...name.split(" "), "--help"]);
    assert.deepEqual(
      found.map((command) => command.name),
      [name],
    );
  }
});

test("arguments that begin with no command load every command", async () => {
  const all = (await loadCommands()).length;
  for (const args of [[], ["--help"], ["trian"], ["study", "--help"], ["--debug", "train"]])
    assert.equal((await commandsFor(args)).length, all, args.join(" "));
});
