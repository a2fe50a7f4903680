import { canonicalName } from "./names.js";

/** The names of COCO's 80 classes in the order of their category ids (Lin et al., ECCV 2014; https://cocodataset.org). */
const NAMES =
  `person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, parking meter, bench,
bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard,
sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl,
banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush`.split(/,\s+/);

/** The ids from 1 to 90 that no class of COCO has. */
const UNUSED: ReadonlySet<number> = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

const IDS = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !UNUSED.has(id));

/**
 * The category id of each class in files of results: those of COCO if the names are its 80, else the classes' positions from 1.
 * @param names class names by index; empty if they are not known.
 */
export function categoryIds(names: readonly string[]): (index: number) => number {
  const known = new Map(NAMES.map((name, i) => [canonicalName(name), IDS[i] as number]));
  const ids = names.map((name) => known.get(canonicalName(name)));
  const isCoco = ids.filter((id) => id !== undefined).length === NAMES.length;
  return (index) => (isCoco ? ids[index] : undefined) ?? index + 1;
}
