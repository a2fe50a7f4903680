import { basename, dirname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { linesOf, readRegular, readTextIfThere } from "../../platform/node/files.js";
import { classAnnotation } from "../annotation.js";
import type { Item } from "../item.js";
import type { Layout, Part } from "./source.js";

/** Side of the images, in pixels. */
const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;

/** A binary format: each record contains the class bytes, then the image in planes. */
interface Format {
  /** Number of bytes before the pixels; the last of them is the class. */
  readonly head: number;
  readonly classes: number;
  /** The files of each part. */
  readonly files: Readonly<Record<Part, readonly string[]>>;
  /** The file with the class names, one per line. */
  readonly names: string;
}

/** CIFAR-10: <class><3072 bytes>. */
const cifar10: Format = {
  head: 1,
  classes: 10,
  files: { train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), test: ["test_batch.bin"] },
  names: "batches.meta.txt",
};

/** CIFAR-100: <one of 20 coarse classes><one of 100 fine classes><3072 bytes>; the fine class is used. */
const cifar100: Format = {
  head: 2,
  classes: 100,
  files: { train: ["train.bin"], test: ["test.bin"] },
  names: "fine_label_names.txt",
};

/**
 * The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): the folder
 * or one of its files.
 */
export const cifar: Layout = {
  summary: "cifar-10-batches-bin, cifar-100-binary: binary CIFAR-10 or CIFAR-100, the folder or one of its files",
  async open(path, names, { part, annotations }) {
    for (const format of [cifar10, cifar100]) {
      const { train, test } = format.files;
      const isFile = [...train, ...test].includes(basename(path)) && names.size === 0;
      const files = isFile ? [path] : format.files[part].filter((name) => names.has(name)).map((n) => join(path, n));
      const matches = isFile || [...train, ...test].some((name) => names.has(name));
      if (!matches) continue;
      if (files.length === 0)
        throw new UserError(`cannot read the ${part} part of ${path}: ${format.files[part].join(", ")} is missing`);
      const root = isFile ? dirname(path) : path;
      const items: Item[] = [];
      for (const file of files) items.push(...(await recordsOf(file, format)));
      if (annotations === "boxes" || annotations === "label-maps")
        throw new UserError(`cannot read ${annotations} of ${path}: CIFAR has only classes`);
      if (annotations === "none")
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

/** The records of one file. */
async function recordsOf(path: string, { head, classes }: Format): Promise<Item[]> {
  const content = await readRegular(path).catch((error) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  const size = head + PIXELS;
  if (content.length === 0 || content.length % size)
    throw new UserError(
      `cannot read ${path} as CIFAR records: its size, ${content.length} bytes, is not a multiple of the record size ${size}; the file is truncated or of another format`,
    );
  return Array.from({ length: content.length / size }, (_, index) => {
    const offset = index * size + head;
    const label = content[offset - 1] as number;
    if (label >= classes)
      throw new UserError(
        `cannot read ${path} as CIFAR records: image ${index} has class ${label}, but there are only ${classes}; the file is corrupt or of another format`,
      );
    return { path, annotation: classAnnotation(label), record: { index, offset, width: SIDE, height: SIDE } };
  });
}

/** The class names; undefined if their file is missing. */
async function classNames(path: string): Promise<string[] | undefined> {
  const text = await readTextIfThere(path);
  return text === undefined ? undefined : linesOf(text);
}
