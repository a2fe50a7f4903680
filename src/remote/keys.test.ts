import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { temporaryFolder } from "../../testing/workspace.js";
import { Keys } from "./keys.js";

const NAMES = [{ name: "FIRST_KEY", local: "local-key" }, { name: "SECOND_KEY" }] as const;

test("keys come from the file before the environment, and appear in no JSON and no inspection", async (t) => {
  const keyFile = join(temporaryFolder(t), "keys");
  writeFileSync(keyFile, "# comment\nexport FIRST_KEY='from-file'\n", { mode: 0o600 });
  const keys = await Keys.read(NAMES, { keyFile, env: { FIRST_KEY: "from-env", SECOND_KEY: "second-env" } });
  assert.equal(keys.get("FIRST_KEY"), "from-file");
  assert.equal(keys.get("SECOND_KEY"), "second-env");
  for (const text of [JSON.stringify({ keys }), inspect(keys, { showHidden: true, depth: 9 }), String(keys)])
    assert.ok(!/from-file|second-env/.test(text), text);
});

test("a file that others can read is refused, and so are values that are no keys; neither message has the value", async (t) => {
  const keyFile = join(temporaryFolder(t), "keys");
  writeFileSync(keyFile, "the-only-key-value\n");
  for (const mode of [0o644, 0o640, 0o604]) {
    chmodSync(keyFile, mode);
    await assert.rejects(
      Keys.read([NAMES[0]], { keyFile, env: {} }),
      ({ message }: Error) =>
        /others than its owner have access .*chmod 600/.test(message) && !message.includes("only-key"),
    );
  }
  chmodSync(keyFile, 0o600);
  assert.equal((await Keys.read([NAMES[0]], { keyFile, env: {} })).get("FIRST_KEY"), "the-only-key-value");
  await assert.rejects(
    Keys.read(NAMES, { env: { FIRST_KEY: "two\nlines-secret" } }),
    ({ message }: Error) => /FIRST_KEY is no key/.test(message) && !message.includes("lines-secret"),
  );
  await assert.rejects(
    Keys.read(NAMES, { keyFile: `${keyFile}-missing`, env: {} }),
    /cannot read the keys .*no such file/,
  );
});

test("a missing key is named, except for a service on this machine", async () => {
  await assert.rejects(Keys.read(NAMES, { env: { FIRST_KEY: " " } }), /environment variable FIRST_KEY/);
  assert.equal((await Keys.read(NAMES, { env: {}, isLocal: true })).get("FIRST_KEY"), "local-key");
});

test("a text of a service loses the keys that it repeats, also in JSON and in URLs", async () => {
  const keys = await Keys.read(NAMES, { env: { FIRST_KEY: 'a"b/c+d' } });
  const text = keys.scrub(`a"b/c+d ${JSON.stringify('a"b/c+d')} ${encodeURIComponent('a"b/c+d')} rest`);
  assert.equal(text, '[key] "[key]" [key] rest');
  for (const form of [
    String.raw`a\"b\/c\u002bd`,
    String.raw`a\u0022b\u002Fc\u002Bd`,
    "a&quot;b&#47;c&#x2B;d",
    "a%22b%2fc+d",
  ])
    assert.equal(keys.scrub(`<${form}>`), "<[key]>", form);
});
