import assert from "node:assert/strict";
import { test } from "node:test";
import { vocClasses } from "../data/sources/voc-folder.js";
import { matchNames } from "./names.js";

/** The names of COCO in the order of its categories (https://cocodataset.org). */
const coco =
  "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush".split(
    ",",
  );

test("each class of VOC is the class of COCO that means the same", () => {
  const map = matchNames(coco, vocClasses);
  const pairs = coco.flatMap((name, i) => (map[i] === undefined ? [] : [[name, vocClasses[map[i] as number]]]));
  assert.equal(pairs.length, 20);
  const changed = Object.fromEntries(pairs.filter(([a, b]) => a !== b));
  assert.deepEqual(changed, {
    motorcycle: "motorbike",
    airplane: "aeroplane",
    couch: "sofa",
    "potted plant": "pottedplant",
    "dining table": "diningtable",
    tv: "tvmonitor",
  });
  assert.deepEqual(
    vocClasses.map((_, i) => matchNames(vocClasses, coco)[i]).filter((index) => index === undefined),
    [],
  );
});

test("an equal name comes before a synonym, and no class of the data belongs to two of the detector's", () => {
  assert.deepEqual(matchNames(["sofa", "couch"], ["couch"]), [undefined, 0]);
  assert.deepEqual(matchNames(["sofa", "Couch"], ["couch", "sofa"]), [1, 0]);
  assert.deepEqual(matchNames(["cat", "N/A"], ["dog", "CAT"]), [1, undefined]);
});
