import type { z } from "zod";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";

/** What a processor undoes, with its options settled: how a clean image becomes the degraded one it is given. */
export interface Task {
  /** What it was made from. */
  readonly kind: TaskKind;
  readonly name: string;
  /** Plain values, so that a worker thread can be told of them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The clean image is this many times as wide and as high as the degraded one. */
  readonly scale: number;
  /** @throws UserError when the size of `clean` is not a multiple of `scale`. */
  degrade(clean: Image, random: Random): Promise<Image>;
  /** The degraded image at the clean one's size with nothing learned: bicubic enlargement, or itself at scale 1. */
  interpolate(degraded: Image): Image;
}

/** A task before its options are known. */
export interface TaskKind {
  readonly name: string;
  readonly options: z.ZodObject;
  /** The options that change nothing beside these others: the length of a motion where the blur is another. */
  idle(options: Readonly<Record<string, unknown>>): readonly string[];
  /** @throws UserError when `options` has unknown keys or values out of range. */
  create(options?: Readonly<Record<string, unknown>>): Task;
}

interface TaskDefinition<Options extends z.ZodObject> {
  name: string;
  options: Options;
  scale: number | ((options: z.output<Options>) => number);
  /** See `TaskKind`. Default: every option matters. */
  idle?(options: z.output<Options>): readonly (keyof z.output<Options> & string)[];
  degrade(clean: Image, options: z.output<Options>, random: Random): Image | Promise<Image>;
}

/** Makes a task from its options (a Zod object with defaults), its scale and its degradation of an 8-bit RGB image. */
export function defineTask<Options extends z.ZodObject>(definition: TaskDefinition<Options>): TaskKind {
  const { name } = definition;
  const kind: TaskKind = {
    name,
    options: definition.options,
    idle: (options) => definition.idle?.(options as z.output<Options>) ?? [],
    create(given = {}) {
      const options = settle(definition, given);
      const scale = typeof definition.scale === "number" ? definition.scale : definition.scale(options);
      return {
        kind,
        name,
        options,
        scale,
        async degrade(clean, random) {
          if (clean.width % scale || clean.height % scale)
            throw new UserError(
              `cannot degrade an image of ${clean.width}x${clean.height} pixels for ${name} at scale ${scale}: ` +
                `crop it to a multiple of ${scale}`,
            );
          return definition.degrade(clean, options, random);
        },
        interpolate: (degraded) =>
          scale === 1 ? degraded : resize(degraded, degraded.width * scale, degraded.height * scale, "bicubic"),
      };
    },
  };
  return kind;
}

function settle<Options extends z.ZodObject>(
  { name, options }: TaskDefinition<Options>,
  given: Readonly<Record<string, unknown>>,
): z.output<Options> {
  const result = options.strict().safeParse(given);
  if (result.success) return result.data as z.output<Options>;
  const reasons = result.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new UserError(
    `cannot set up the task "${name}" with ${JSON.stringify(given)}: ${reasons.join("; ")}. ` +
      `Its options: ${Object.keys(options.shape).join(", ") || "none"}`,
  );
}
