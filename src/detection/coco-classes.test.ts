import assert from "node:assert/strict";
import { test } from "node:test";
import { categoryIds } from "./coco-classes.js";
import { cocoResults, imageIdOf } from "./results.js";

test("results have the category ids of COCO if the classes are its 80, and count from 1 otherwise", () => {
  const names =
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush".split(
      ",",
    );
  const idOf = categoryIds(names);
  // From instances_val2017.json.
  assert.deepEqual(
    ["person", "stop sign", "umbrella", "wine glass", "dining table", "toilet", "tv", "toothbrush"].map((name) =>
      idOf(names.indexOf(name)),
    ),
    [1, 13, 28, 46, 67, 70, 72, 90],
  );
  assert.equal(categoryIds(["cat", "dog"])(1), 2);
  assert.equal(categoryIds([])(4), 5);
});

test("the id of an image is its name without the extension, a number if it consists of digits", () => {
  assert.equal(imageIdOf("val2017/000000397133.jpg"), 397133);
  assert.equal(imageIdOf("a/2007_000027.jpg"), "2007_000027");
  assert.deepEqual(
    cocoResults("a.b.png", [{ class: 0, score: 0.5, left: 1, top: 2, right: 4, bottom: 8 }], (i) => i + 1),
    [{ image_id: "a.b", category_id: 1, bbox: [1, 2, 3, 6], score: 0.5 }],
  );
});
