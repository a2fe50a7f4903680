import { UserError } from "../errors.js";
import { type Appearance, filled, outline } from "./appearances.js";
import { MAX_CLASSES, marksOf } from "./marks.js";
import { patternNames, renderPatterned } from "./patterned.js";
import { renderPrinted } from "./printed.js";
import type { Scene, SceneSettings } from "./scene.js";

/** A family of synthetic images: its classes and its renderer. */
export interface Style {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** The smallest side in pixels at which the detail that determines the class is visible. */
  readonly minSize: number;
  /** The allowed numbers of classes. */
  readonly classCounts: readonly number[];
  readonly defaultClasses: number;
  readonly maxObjects: number;
  /** Whether a set keeps one folder per class, so that sorted paths order its images by class. */
  readonly classFolders: boolean;
  /** Names of the classes, in the order of their labels. */
  classNames(classes: number): readonly string[];
  /**
   * Renders an image. Equal arguments give equal bytes. The class of the first object is `index` modulo the number of
   * classes.
   */
  render(settings: SceneSettings, seed: number, index: number): Scene;
}

/** Objects with marks printed on them; the two halves of the classes are of equal difficulty. */
const printed = (appearance: Appearance): Style => ({
  name: appearance.name,
  summary: appearance.summary,
  minSize: 64,
  classCounts: Array.from({ length: MAX_CLASSES / 2 }, (_, i) => 2 * (i + 1)),
  defaultClasses: 20,
  maxObjects: Number.POSITIVE_INFINITY,
  classFolders: false,
  classNames: (classes) => marksOf(classes).map(({ name }) => name),
  render: (settings, seed, index) => renderPrinted(appearance, settings, seed, index),
});

/** One object per image, filled with a pattern. Folders order the images by class; recorded results depend on that order. */
const patterned: Style = {
  name: "patterned",
  summary: "one object over clutter; its class is a pattern of gradual waves",
  minSize: 16,
  classCounts: [patternNames.length],
  defaultClasses: patternNames.length,
  maxObjects: 1,
  classFolders: true,
  classNames: () => patternNames,
  render: ({ size }, seed, index) => renderPatterned(size, seed, index),
};

/** Every style. */
export const styles: readonly Style[] = [printed(filled), printed(outline), patterned];

/** @throws UserError for an unknown name. */
export function findStyle(name: string): Style {
  const style = styles.find((each) => each.name === name);
  if (style) return style;
  throw new UserError(`unknown \`style\` "${name}"; expected one of ${styles.map((each) => each.name).join(", ")}`);
}

/** The path of an image in a set of the style with so many classes, with "/". */
export function fileOf({ classFolders, classNames }: Style, classes: number, index: number): string {
  const file = `${String(index).padStart(6, "0")}.png`;
  return classFolders ? `${classNames(classes)[index % classes]}/${file}` : file;
}
