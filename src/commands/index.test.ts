import assert from "node:assert/strict";
import { test } from "node:test";
import { listedFor } from "../../testing/run-command.js";
import { commands } from "./index.js";

test("each command is listed by its own name, once", async () => {
  for (const { name, load } of commands) assert.equal((await load()).name, name);
  assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length);
});

test("the command of arguments is found by one word or two, alone", () => {
  for (const listed of commands) assert.equal(listedFor([...listed.name.split(" "), "--help"]), listed);
  for (const args of [[], ["--help"], ["trian"], ["study", "--help"]]) assert.equal(listedFor(args), undefined);
});
