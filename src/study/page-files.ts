import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../errors.js";
import { readRegular } from "../platform/node/files.js";
import { mediaTypeOf } from "../serving/media-types.js";

/** A file of the pages: its content and its media type. */
export interface PageFile {
  readonly content: Uint8Array | string;
  readonly type: string;
}

/** The addresses of the pages, and their files. */
const FILES: readonly (readonly [address: string, file: string])[] = [
  ["/", "index.html"],
  ["/page.js", "page.js"],
  ["/page.css", "page.css"],
  ["/icon.svg", "icon.svg"],
  ["/admin", "admin.html"],
  ["/admin.js", "admin-page.js"],
  ["/admin.css", "admin.css"],
];

/**
 * The files of the pages, by address. Nothing else of the folder is served.
 * @throws UserError when one is missing.
 */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = fileURLToPath(new URL("page", import.meta.url));
  const files = FILES.map(async ([address, file]) => {
    const content = await readRegular(join(folder, file)).catch((error) => {
      throw new UserError(`cannot read the study's page ${file}: ${messageOf(error)}; build it with npm run build`);
    });
    return [address, { content, type: mediaTypeOf(file) }] as const;
  });
  return new Map(await Promise.all(files));
}
