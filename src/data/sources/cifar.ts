import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { linesOf, readTextIfThere } from "../../platform/node/files.js";
import { classAnnotation } from "../annotation.js";
import type { Item } from "../item.js";
import type { Layout, Part } from "./source.js";

/** Side of the pictures in pixels. */
const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;

/** A record is the bytes of its classes, then the picture in planes. */
interface Format {
  /** Bytes before the pixels; the last of them is the class. */
  readonly head: number;
  readonly classes: number;
  /** The files of each part. */
  readonly files: Readonly<Record<Part, readonly string[]>>;
  /** The file that names the classes, one a line. */
  readonly names: string;
}

/** CIFAR-10: <class><3072 bytes>. */
const cifar10: Format = {
  head: 1,
  classes: 10,
  files: { train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), test: ["test_batch.bin"] },
  names: "batches.meta.txt",
};

/** CIFAR-100: <one of 20 coarse classes><one of 100 fine classes><3072 bytes>; the fine one counts. */
const cifar100: Format = {
  head: 2,
  classes: 100,
  files: { train: ["train.bin"], test: ["test.bin"] },
  names: "fine_label_names.txt",
};

/**
 * The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): their
 * folder, or one of its files.
 */
export const cifar: Layout = {
  summary: "cifar-10-batches-bin, cifar-100-binary: the binary CIFAR-10 and CIFAR-100, a folder or one file of it",
  async open(path, names, { part, withLabels }) {
    for (const format of [cifar10, cifar100]) {
      const { train, test } = format.files;
      const isFile = [...train, ...test].includes(basename(path)) && names.size === 0;
      const files = isFile ? [path] : format.files[part].filter((name) => names.has(name)).map((n) => join(path, n));
      const known = isFile || [...train, ...test].some((name) => names.has(name));
      if (!known) continue;
      if (files.length === 0)
        throw new UserError(`cannot read the ${part} part of ${path}: there is no ${format.files[part].join(", ")}`);
      const root = isFile ? dirname(path) : path;
      const items: Item[] = [];
      for (const file of files) items.push(...(await recordsOf(file, format)));
      if (!withLabels)
        return {
          root,
          items: items.map((item) => ({ ...item, annotation: classAnnotation(null) })),
          ...(!isFile && { part }),
        };
      const classes = await classNames(join(root, format.names));
      return { root, items, ...(classes && { classes }), ...(!isFile && { part }) };
    }
    return undefined;
  },
};

/** The pictures of one file with their classes. */
async function recordsOf(path: string, { head, classes }: Format): Promise<Item[]> {
  const content = await readFile(path).catch((error) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  const size = head + PIXELS;
  if (content.length === 0 || content.length % size)
    throw new UserError(
      `cannot read ${path}: ${content.length} bytes are no whole number of CIFAR records of ${size} bytes; the file is cut off or of another kind`,
    );
  return Array.from({ length: content.length / size }, (_, index) => {
    const offset = index * size + head;
    const label = content[offset - 1] as number;
    if (label >= classes)
      throw new UserError(
        `cannot read ${path}: the class of picture ${index} is ${label}, and there are ${classes}; the file is damaged or of another kind`,
      );
    return { path, annotation: classAnnotation(label), record: { index, offset, width: SIDE, height: SIDE } };
  });
}

/** The names of the classes; undefined where the file that holds them is missing. */
async function classNames(path: string): Promise<string[] | undefined> {
  const text = await readTextIfThere(path);
  return text === undefined ? undefined : linesOf(text);
}
