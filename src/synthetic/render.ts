import { UserError } from "../errors.js";
import type { Scene, SceneSettings } from "./scene.js";
import { findStyle, type Style } from "./styles.js";

/** The content and the appearance of a synthetic image. */
export interface RenderOptions {
  /** Name of a style: filled, outline or patterned. Default: filled. */
  readonly style?: string;
  /** Side in pixels. Default: 64. */
  readonly size?: number;
  /** Number of classes. Default: 20; for patterned 10. */
  readonly classes?: number;
  /** The most objects in an image. Default: 1. */
  readonly objects?: number;
}

/** Render options with their defaults, within the limits of the style. */
export interface ResolvedRenderOptions extends SceneSettings {
  readonly style: Style;
}

/**
 * Renders a synthetic image. Equal arguments give equal bytes; other seeds and indices give other images.
 * @param index also determines the class: the first object has class `index` modulo the number of classes.
 * @throws UserError when an option is out of the style's range.
 * @example const { image, objects } = renderScene({ style: "outline", size: 128, objects: 3 }, 0, 17);
 */
export function renderScene(options: RenderOptions, seed: number, index: number): Scene {
  const { style, ...settings } = resolveRenderOptions(options);
  return style.render(settings, seed, index);
}

/** @throws UserError when an option is out of the style's range. */
export function resolveRenderOptions(options: RenderOptions): ResolvedRenderOptions {
  const style = findStyle(options.style ?? "filled");
  const { size = 64, classes = style.defaultClasses, objects = 1 } = options;
  const { name, minSize, classCounts, maxObjects } = style;
  if (!Number.isInteger(size) || size < minSize)
    throw new UserError(`\`size\` is ${size}; images of style ${name} need a whole number of ${minSize} or more`);
  if (!classCounts.includes(classes))
    throw new UserError(`\`classes\` is ${classes}; a set of style ${name} has ${classCounts.join(", ")} classes`);
  if (!Number.isInteger(objects) || objects < 1 || objects > maxObjects)
    throw new UserError(
      `\`objects\` is ${objects}; an image of style ${name} has ${maxObjects === 1 ? "1 object" : "1 object or more"}`,
    );
  return { style, size, classes, objects };
}
