import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { collected } from "../../testing/collected.js";
import { CutNetwork, startS3 } from "../../testing/s3-server.js";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { PassingError, UserError } from "../errors.js";
import { openStorage } from "./open-storage.js";
import { Sources } from "./sources.js";
import type { Storage, StoredFile } from "./storage.js";

const isPassing = (error: unknown): boolean => error instanceof PassingError;
const isLasting = (error: unknown): boolean => error instanceof UserError && !isPassing(error);

test("a bucket is a storage", async (t) => {
  const endpoint = await startS3(t, "photos");
  const storage = await openStorage("s3://photos/a/b/", { endpoint });
  t.after(() => storage.close());
  const names = ["one.jpg", "sub folder/Käfer 🐞+%20&?.png", ".hidden/x.jpg"];
  for (const name of names) await storage.write(name, Buffer.from(name));

  await t.test("keeps files under any name", async () => {
    for (const name of names) assert.equal((await storage.read(name)).toString(), name);
    assert.equal(await storage.size("one.jpg"), 7);
    assert.equal(await storage.size("two.jpg"), undefined);
    await storage.write("one.jpg", Buffer.from("again"));
    assert.equal((await storage.read("one.jpg")).toString(), "again");
  });

  await t.test("lists what is not hidden, over pages of a thousand", async () => {
    const many = await openStorage("s3://photos/many", { endpoint });
    t.after(() => many.close());
    const numbers = Array.from({ length: 1_050 }, (_, i) => `${i}.png`);
    for (let i = 0; i < numbers.length; i += 50)
      await Promise.all(numbers.slice(i, i + 50).map((name) => many.write(name, Buffer.from("x"))));
    const nameOf = ({ name }: StoredFile): string => name;
    assert.deepEqual((await collected(many.list())).map(nameOf).sort(), numbers.sort());
    assert.deepEqual((await collected(storage.list())).map(nameOf).sort(), names.slice(0, 2).sort());
  });

  await t.test("is a source of images, also in a list", async (t) => {
    const folder = temporaryFolder(t);
    writeFiles(folder, { "list.jsonl": '{"input": "s3://photos/a/b/one.jpg", "output": "first.jpg"}\n' });
    const sources = new Sources(["s3://photos/a", `${folder}/list.jsonl`], { endpoint });
    t.after(() => sources.close());
    const found = await collected(sources.images());
    assert.deepEqual(found.map(({ name, output }) => output ?? name).sort(), [
      "b/one.jpg",
      "b/sub folder/Käfer 🐞+%20&?.png",
      "first.jpg",
    ]);
    for (const { location } of found) assert.ok((await sources.read(location)).length > 0);
  });

  await t.test("states what is missing or refused", async () => {
    await assert.rejects(storage.read("two.jpg"), {
      message: /^cannot read s3:\/\/photos\/a\/b\/two.jpg: there is no such object$/,
    });
    const other = await openStorage("s3://videos", { endpoint });
    await assert.rejects(
      other.write("x", Buffer.from("x")),
      (error) => isLasting(error) && /there is no bucket videos/.test(String(error)),
    );
    await assert.rejects(openStorage("s3://X", { endpoint }), /names no bucket/);
    process.env.AWS_ACCESS_KEY_ID = "stranger";
    const stranger = await openStorage("s3://photos", { endpoint });
    await assert.rejects(
      stranger.read("a/b/one.jpg"),
      (error) => isLasting(error) && /refuses the access/.test(String(error)),
    );
    process.env.AWS_ACCESS_KEY_ID = "S3RVER";
    const away = await openStorage("s3://photos", { endpoint: "http://127.0.0.1:9" });
    await assert.rejects(away.read("x"), (error) => isPassing(error) && /nothing listens/.test(String(error)));
    for (const each of [other, stranger, away]) await each.close();
  });
});

test("an upload in parts that the network cuts leaves no object, and the next one a whole one", async (t) => {
  const { direct, cut, network } = await cutNetwork(t, 13 * 2 ** 20);
  const content = randomBytes(20 * 2 ** 20);
  await assert.rejects(cut.write("large.png", content), isPassing);
  assert.equal(await direct.size("large.png"), undefined);
  network.mend();
  await cut.write("large.png", content);
  assert.ok((await direct.read("large.png")).equals(content));
});

test("an upload in one request that the network cuts fails, and the next one leaves a whole object", async (t) => {
  // Services drop a request that does not arrive whole; s3rver keeps its beginning, so that only the next try can be checked.
  const { direct, cut, network } = await cutNetwork(t, 2 * 2 ** 20);
  const content = randomBytes(3 * 2 ** 20);
  await assert.rejects(cut.write("small.png", content), isPassing);
  network.mend();
  await cut.write("small.png", content);
  assert.ok((await direct.read("small.png")).equals(content));
});

/** A bucket as it is, and behind a network that breaks after a number of bytes. */
async function cutNetwork(t: TestContext, limit: number) {
  const endpoint = await startS3(t, "photos");
  const network = await CutNetwork.start(t, endpoint, limit);
  const [direct, cut] = (await Promise.all(
    [endpoint, network.address].map((endpoint) => openStorage("s3://photos", { endpoint })),
  )) as [Storage, Storage];
  t.after(() => Promise.all([direct.close(), cut.close()]));
  return { direct, cut, network };
}
