import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const isRepositoryRoot = (folder: string): boolean => {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "legible";
};

/** The folder of Legible's package.json, found in the parents of this file, which also runs compiled from dist/. */
function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isRepositoryRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json of legible above ${import.meta.url}`);
    folder = parent;
  }
  return folder;
}

/** A path inside the repository. */
export const repositoryPath = (...parts: string[]): string => join(repositoryRoot(), ...parts);

const sharedFolder = join(dirname(repositoryRoot()), "shared");

/** A path in `shared`, the folder of reference values and test images next to the repository. */
export const sharedPath = (...parts: string[]): string => join(sharedFolder, ...parts);

/** Whether that folder exists. It is not part of the repository; tests that need it are skipped without it. */
export const hasShared = existsSync(sharedFolder);

/** The `skip` option of tests that need the folder: false, or the reason for skipping. */
export const skipWithoutShared: false | string = hasShared ? false : `no reference folder at ${sharedFolder}`;
