import { join } from "node:path";
import { openFolder } from "./folder.js";
import type { Layout, Part } from "./source.js";

/** What the folder of each part may be called; the first that is there counts. */
const FOLDERS: Readonly<Record<Part, readonly string[]>> = { train: ["train"], test: ["val", "test"] };

/** A folder of its own for each part: ImageNet, Tiny-ImageNet, CIFAR as pictures, and many others. */
export const partFolders: Layout = {
  summary: "a folder with train/ and val/ or test/ inside: ImageNet, Tiny-ImageNet, CIFAR as pictures, …",
  async open(path, names, wanted) {
    const [train, test] = [FOLDERS.train, FOLDERS.test].map((known) => known.find((name) => names.has(name)));
    if (train === undefined || test === undefined) return undefined;
    const { part } = wanted;
    return { ...(await openFolder(join(path, part === "train" ? train : test), wanted)), part };
  },
};
