import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, extname, relative, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "csv-parse";
import picomatch from "picomatch";
import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { hasImageExtension } from "../platform/node/image-files.js";
import { readFileAt, walk } from "./folder-storage.js";
import { openStorage } from "./open-storage.js";
import { placeOf, S3Objects } from "./s3-client.js";
import { S3, type StorageOptions } from "./storage.js";

/** An image that was found. */
export interface SourceImage {
  /** An absolute path, or s3://bucket/key: any machine that sees the same storage can read it. */
  readonly location: string;
  /** Relative to the folder, the prefix or the list that it is from, with "/"; the output's name follows from it. */
  readonly name: string;
  /** The output's name, if a list states it. */
  readonly output?: string | undefined;
}

/** A line of a list. */
const Listed = z.object({ input: z.string().min(1), output: z.string().min(1).optional() });

/** Where images come from. */
export class Sources {
  private objects: Promise<S3Objects> | undefined;

  constructor(
    private readonly inputs: readonly string[],
    private readonly options: StorageOptions,
  ) {}

  /**
   * The images of all inputs, one after the other. Memory does not grow with their number.
   * @throws UserError when an input is missing, or a line of a list is not valid; PassingError when a service fails.
   */
  async *images(): AsyncIterable<SourceImage> {
    for (const input of this.inputs) yield* this.imagesOf(input);
  }

  private async *imagesOf(input: string): AsyncIterable<SourceImage> {
    if (input.startsWith(S3)) return yield* this.imagesInBucket(input);
    const status = await stat(input).catch(() => undefined);
    if (status?.isDirectory()) return yield* imagesIn(resolve(input), () => true);
    if (!status && picomatch.scan(input).isGlob) return yield* imagesLike(input);
    if (!status) throw new UserError(`cannot read ${input}: no such file or folder`);
    const extension = extname(input).toLowerCase();
    if (extension === ".jsonl") return yield* listed(input, linesOfJson(input));
    if (extension === ".csv") return yield* listed(input, rowsOfCsv(input));
    yield { location: resolve(input), name: basename(input) };
  }

  private async *imagesInBucket(input: string): AsyncIterable<SourceImage> {
    if (hasImageExtension(input)) return yield { location: input, name: basename(input) };
    const storage = await openStorage(input, this.options);
    try {
      for await (const { name } of storage.list())
        if (hasImageExtension(name)) yield { location: `${storage.location}/${name}`, name };
    } finally {
      await storage.close();
    }
  }

  /** The content of an image. @throws UserError when it is missing, PassingError when another try may succeed. */
  async read(location: string): Promise<Buffer> {
    if (!location.startsWith(S3)) return readFileAt(location);
    this.objects ??= S3Objects.open(this.options);
    return (await this.objects).read(placeOf(location));
  }

  async close(): Promise<void> {
    (await this.objects)?.close();
  }
}

async function* imagesIn(folder: string, isChosen: (name: string) => boolean): AsyncIterable<SourceImage> {
  for await (const { name } of walk(folder))
    if (hasImageExtension(name) && isChosen(name)) yield { location: `${folder}/${name}`, name };
}

/** The images whose paths match a pattern, named relative to its part without special characters. */
async function* imagesLike(pattern: string): AsyncIterable<SourceImage> {
  const { base, glob } = picomatch.scan(pattern.replaceAll("\\", "/"));
  yield* imagesIn(resolve(base || "."), picomatch(glob));
}

/** The images of a list. Relative paths start from its folder. */
async function* listed(file: string, lines: AsyncIterable<unknown>): AsyncIterable<SourceImage> {
  const folder = dirname(resolve(file));
  let line = 0;
  for await (const value of lines) {
    line++;
    const parsed = Listed.safeParse(value);
    if (!parsed.success)
      throw new UserError(`entry ${line} of ${file} is not valid: expected "input", and optionally "output"`);
    const { input, output } = parsed.data;
    const location = input.startsWith(S3) ? input : resolve(folder, input);
    yield { location, name: nameIn(folder, location), output };
  }
}

/** The name of an image of a list: relative to the list's folder if it is inside, otherwise its own. */
function nameIn(folder: string, location: string): string {
  const inside = location.startsWith(S3) ? ".." : relative(folder, location);
  return inside.startsWith("..") ? basename(location) : inside.replaceAll(sep, "/");
}

async function* linesOfJson(file: string): AsyncIterable<unknown> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === "") continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      throw new UserError(`line ${number} of ${file} is not JSON: ${messageOf(error)}`);
    }
  }
}

async function* rowsOfCsv(file: string): AsyncIterable<unknown> {
  const rows = createReadStream(file).pipe(parse({ columns: true, bom: true, skip_empty_lines: true, trim: true }));
  try {
    for await (const row of rows) {
      const { input, output } = row as Record<string, string>;
      yield { input, ...(output !== undefined && output !== "" && { output }) };
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`);
  }
}
