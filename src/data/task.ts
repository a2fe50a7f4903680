import type { z } from "zod";
import { reasonsOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { Random } from "../random.js";

/** A restoration task with resolved options: the degradation that a processor learns to invert. */
export interface Task {
  /** The definition that created the task. */
  readonly kind: TaskKind;
  readonly name: string;
  /** The resolved options; plain values, which can be sent to a worker thread. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Ratio of the clean image's width and height to the degraded image's. */
  readonly scale: number;
  /** The degraded version of `clean`. @throws UserError when the size of `clean` is not a multiple of `scale`. */
  degrade(clean: Image, random: Random): Promise<Image>;
  /** The baseline without a network: `degraded` enlarged bicubically by `scale`, or unchanged at scale 1. */
  interpolate(degraded: Image): Image;
}

/** A task definition, from which tasks are created with options. */
export interface TaskKind<Options extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** Schema of the options. */
  readonly options: Options;
  /** Keys of options that have no effect given the other options, such as `length` of a blur that is not a motion blur. */
  idle(options: Readonly<Record<string, unknown>>): readonly string[];
  /** Creates the task with these options; missing options get their defaults. @throws UserError for invalid options. */
  create(options?: Readonly<Record<string, unknown>>): Task;
}

interface TaskDefinition<Options extends z.ZodObject> {
  name: string;
  options: Options;
  scale: number | ((options: z.output<Options>) => number);
  /** See `TaskKind`. Default: none. */
  idle?(options: z.output<Options>): readonly (keyof z.output<Options> & string)[];
  degrade(clean: Image, options: z.output<Options>, random: Random): Image | Promise<Image>;
}

/**
 * Defines a task.
 * @example
 * const invert = defineTask({
 *   name: "invert",
 *   options: z.object({}),
 *   scale: 1,
 *   degrade: (clean) => ({ ...clean, data: clean.data.map((value) => 255 - value) }),
 * });
 */
export function defineTask<Options extends z.ZodObject>(definition: TaskDefinition<Options>): TaskKind<Options> {
  const { name } = definition;
  const kind: TaskKind<Options> = {
    name,
    options: definition.options,
    idle: (options) => definition.idle?.(options as z.output<Options>) ?? [],
    create(given = {}) {
      const options = resolveOptions(definition, given);
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

function resolveOptions<Options extends z.ZodObject>(
  { name, options }: TaskDefinition<Options>,
  given: Readonly<Record<string, unknown>>,
): z.output<Options> {
  const result = options.strict().safeParse(given);
  if (result.success) return result.data as z.output<Options>;
  throw new UserError(
    `cannot create task "${name}" with ${JSON.stringify(given)}: ${reasonsOf(result.error)}. ` +
      `Its options: ${Object.keys(options.shape).join(", ") || "none"}`,
  );
}
