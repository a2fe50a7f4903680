import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { formulaImage } from "../../testing/images.js";
import { residualProcessor } from "../../testing/processors.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { encodeImage } from "../platform/node/codec.js";
import { Processor } from "../processors/processor.js";
import { enhance } from "./enhance.js";
import type { EnhanceInput } from "./input.js";

const processor = new Processor(residualProcessor(2));

/** A file that is longer than a chunk of a stream, and its path. */
async function imageFile(t: TestContext): Promise<[file: string, content: Buffer]> {
  const file = join(temporaryFolder(t), "an image.png");
  await encodeImage(formulaImage(100, 80), file);
  return [file, readFileSync(file)];
}

const kinds: Record<string, (file: string, content: Buffer) => EnhanceInput> = {
  "an ArrayBuffer": (_, content) => new Uint8Array(content).buffer,
  "a Blob": (_, content) => new Blob([new Uint8Array(content)]),
  "the body of a Response": (_, content) => new Response(new Uint8Array(content)).body as ReadableStream<Uint8Array>,
  "a Node.js stream": (file) => createReadStream(file, { highWaterMark: 100 }),
  "a generator of chunks": (_, content) =>
    (async function* () {
      for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
    })(),
  "a path": (file) => ({ file }),
  "a file: URL": (file) => pathToFileURL(file),
};

for (const [kind, inputOf] of Object.entries(kinds))
  test(`${kind} becomes the bytes that the content in memory becomes`, async (t) => {
    const [file, content] = await imageFile(t);
    const { data } = await enhance(processor, inputOf(file, content));
    assert.ok(data.equals((await enhance(processor, content)).data));
  });

const failing = () =>
  new Readable({
    read() {
      this.destroy(new Error("the connection was lost"));
    },
  });

const wrong: [description: string, input: unknown, message: RegExp][] = [
  ["a string", "photo.jpg", /^cannot enhance a string: expected a Uint8Array, .* or a path as { file }$/],
  ["null", null, /^cannot enhance null: expected/],
  ["another object", { path: "photo.jpg" }, /^cannot enhance an object of this kind: expected/],
  ["the URL of a server", new URL("https://example.org/a.png"), /^cannot read https:\/\/example\.org\/a\.png: /],
  ["the path of a missing file", { file: "missing.png" }, /^cannot read missing\.png: no such file or folder$/],
  ["a stream without bytes", Readable.from([]), /^cannot read the stream: it has no bytes$/],
  [
    "a stream of text",
    Readable.from(["text"]),
    /^cannot read the stream: it has a chunk of type string; expected bytes$/,
  ],
  ["a stream that fails", failing(), /^cannot read the stream: the connection was lost$/],
];

for (const [description, input, message] of wrong)
  test(`${description} is refused`, () =>
    assert.rejects(enhance(processor, input as EnhanceInput), (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.match(error.message, message);
      return true;
    }));

test("an abort ends the wait for a stream and destroys it", async () => {
  const reason = new Error("no longer needed");
  const endless = new Readable({ read() {} });
  let canceled: unknown;
  const web = new ReadableStream<Uint8Array>({
    cancel(given) {
      canceled = given;
    },
  });
  for (const stream of [endless, web]) {
    const stop = new AbortController();
    const enhanced = enhance(processor, stream, { signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await assert.rejects(enhanced, reason);
  }
  assert.ok(endless.destroyed);
  assert.equal(canceled, reason);
});
