import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const isRepositoryRoot = (folder: string): boolean => {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "legible";
};

/** The folder of Legible's package.json: found upwards from this file, which also runs compiled, under dist/. */
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

/** A path inside `shared`, the folder of reference values and test pictures that stands beside the repository. */
export const sharedPath = (...parts: string[]): string => join(sharedFolder, ...parts);

/** Whether that folder is there. It is not part of the repository, so a test that needs it skips without it. */
export const hasShared = existsSync(sharedFolder);

/** What to give as a test's `skip` option: false, or the reason. */
export const skipWithoutShared: false | string = hasShared ? false : `no reference folder at ${sharedFolder}`;
