import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { wnids } from "../data/imagenet.js";
import { imagenetLemmas } from "../data/imagenet-lemmas.js";
import { trueClassConfidence } from "../metrics/label-agreement.js";
import { firstLemmaOf, readSynonyms, synonymsOf, synonymTable } from "./synonyms.js";

test("each class of ImageNet has lemmas, and those of known classes are WordNet's", () => {
  assert.equal(imagenetLemmas.length, 1000);
  assert.ok(imagenetLemmas.every((lemmas) => /^\S.*\S$/.test(lemmas)));
  // The synsets as wordnet.princeton.edu shows them.
  const known = {
    n01484850: "great white shark, white shark, man-eater, man-eating shark, Carcharodon carcharias",
    n02099601: "golden retriever",
    n02123045: "tabby, tabby cat",
    n04037443: "racer, race car, racing car",
    n15075141: "toilet tissue, toilet paper, bathroom tissue",
  };
  for (const [wnid, lemmas] of Object.entries(known)) assert.equal(imagenetLemmas[wnids.indexOf(wnid)], lemmas);
});

for (const name of ["n01484850", "great white shark, white shark, man-eater", "Great_white_shark"])
  test(`labels of a service match the class "${name}"`, () => {
    const confidence = (label: string) => trueClassConfidence([{ name: label, confidence: 0.75 }], synonymsOf(name));
    assert.equal(confidence("Great White Shark"), 0.75);
    assert.equal(confidence("Great white sharks"), 0.75);
    assert.equal(confidence("Shark"), 0);
  });

test("the first lemma of a class is its name", () => {
  assert.deepEqual(["n01440764", "great white shark, white shark", "cat", "n99999999"].map(firstLemmaOf), [
    "tench",
    "great white shark",
    "cat",
    "n99999999",
  ]);
});

test("a CSV file replaces the synonyms of the classes that it lists", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "s.csv": 'class_index,synonyms\n1,"Dogs, hound"\n1,puppy\n3,Great_Danes; mastiff\n' });
  const of = synonymTable(["cat", "dog"], await readSynonyms(join(folder, "s.csv")));
  assert.deepEqual([...of(0)], ["cat"]);
  assert.deepEqual([...of(1)], ["dog", "hound", "puppy"]);
  assert.deepEqual([...of(2)], []);
  assert.equal(trueClassConfidence([{ name: "Great Dane", confidence: 0.5 }], of(3)), 0.5);
});

for (const [what, text, message] of [
  [
    "another column",
    "class,synonyms\n1,dog\n",
    /its columns are class, synonyms; expected columns: class_index, synonyms/,
  ],
  ["an index that is no number", "class_index,synonyms\ndog,dog\n", /line 2 the class index is "dog"/],
  ["a negative index", "class_index,synonyms\n-1,dog\n", /line 2 the class index is "-1"/],
  ["a class without synonyms", "class_index,synonyms\n1,dog\n2,\n", /line 3 class 2 has no synonym/],
] as const)
  test(`synonyms with ${what} are refused`, async (t) => {
    const folder = temporaryFolder(t);
    writeFiles(folder, { "s.csv": text });
    await assert.rejects(readSynonyms(join(folder, "s.csv")), message);
  });

test("a missing file of synonyms is refused", async (t) => {
  await assert.rejects(readSynonyms(join(temporaryFolder(t), "s.csv")), /cannot read the synonyms .*: no such file/);
});
