import { join } from "node:path";
import { openFolder } from "./folder.js";
import type { Layout, Part } from "./source.js";

/** Possible folder names of each part, in order of precedence. */
const FOLDERS: Readonly<Record<Part, readonly string[]>> = { train: ["train"], test: ["val", "test"] };

/** A subfolder per part: ImageNet, Tiny-ImageNet, CIFAR as image files, and many others. */
export const partFolders: Layout = {
  summary: "a folder with subfolders train/ and val/ or test/: ImageNet, Tiny-ImageNet, CIFAR as image files, …",
  async open(path, names, options) {
    const [train, test] = [FOLDERS.train, FOLDERS.test].map((candidates) => candidates.find((name) => names.has(name)));
    if (train === undefined || test === undefined) return undefined;
    const { part } = options;
    return { ...(await openFolder(join(path, part === "train" ? train : test), options)), part };
  },
};
