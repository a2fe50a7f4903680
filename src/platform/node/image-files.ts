import type { Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { messageOf } from "../../errors.js";
import { printable } from "../../printable.js";
import { isInside, openRegular, specialKind, statusOf } from "./files.js";
import { isDecodedFormat } from "./image-signature.js";

/** Extensions of the formats that are decoded. */
const DECODED = new Set([...[".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"]]);
/** Extensions of other image formats. A file with one of them is an image if its content is in a format that is decoded. */
const OTHERS = new Set([
  ...[".bmp", ".dib", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", ".heic", ".heif", ".hif", ".ppm", ".pgm", ".pbm", ".pnm"],
  ...[".pam", ".pfm", ".tga", ".ico", ".pcx", ".dds", ".psd", ".exr", ".hdr", ".dng", ".cr2", ".nef", ".arw", ".svg"],
  ...[".apng", ".mpo"],
]);

/** The extensions of the formats that are decoded, for messages. */
export const decodedExtensions: readonly string[] = [...DECODED];

/** Whether a name has the extension of an image format, decoded or not. */
export const hasImageExtension = (name: string): boolean => {
  const extension = extname(name).toLowerCase();
  return DECODED.has(extension) || OTHERS.has(extension);
};

/** A file or folder that was found and is not used. */
export interface LeftOut {
  readonly file: string;
  /**
   * `other`: no image by its name; `format`: an image of a format that is not decoded; `repeated`: the same file is used
   * already; `annotation`: a file of annotations that is not used, or without some of its objects.
   */
  readonly kind: "other" | "format" | "repeated" | "unreadable" | "annotation";
  readonly reason: string;
}

/** An image file in a folder. */
export interface FoundImage {
  /** Relative to the folder, with "/" as separator. */
  readonly name: string;
  readonly path: string;
  /** The path without links. */
  readonly real: string;
}

export interface FoundImages {
  /** Sorted by name. */
  readonly images: readonly FoundImage[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Finds the image files of a folder and its subfolders, each file once. Hidden files and folders are skipped. Links are
 * followed after everything else, except to a folder that contains the link.
 * @param skips whether a folder, given without links in its path, is skipped.
 * @throws Error when the folder cannot be read.
 */
export async function findImages(folder: string, skips: (real: string) => boolean = () => false): Promise<FoundImages> {
  const root = { name: "", path: folder, real: await realpath(folder) };
  await readdir(folder);
  return new Search(root, skips).run();
}

/** Folders that systems and archives create for themselves. */
const SYSTEM_FOLDERS = new Set(["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"]);

/** Whether a file or folder is hidden, or one that systems create for themselves. */
export const isHidden = (name: string): boolean => name.startsWith(".") || SYSTEM_FOLDERS.has(name);

class Search {
  private readonly images: FoundImage[] = [];
  private readonly leftOut: LeftOut[] = [];
  private readonly seen = new Set<string>();
  private links: FoundImage[] = [];

  constructor(
    private readonly root: FoundImage,
    private readonly skips: (real: string) => boolean,
  ) {}

  async run(): Promise<FoundImages> {
    await this.folder(this.root);
    while (this.links.length > 0) {
      const links = this.links.sort(byName);
      this.links = [];
      for (const link of links) await this.link(link);
    }
    return { images: this.images.sort(byName), leftOut: this.leftOut.sort((a, b) => (a.file < b.file ? -1 : 1)) };
  }

  private omit(file: string, kind: LeftOut["kind"], reason: string): void {
    this.leftOut.push({ file, kind, reason });
  }

  private async folder(folder: FoundImage): Promise<void> {
    if (this.skips(folder.real)) return;
    this.seen.add(folder.real);
    const entries = await readdir(folder.path, { withFileTypes: true }).catch((error) => {
      this.omit(folder.path, "unreadable", messageOf(error));
      return [];
    });
    for (const entry of entries) if (!isHidden(entry.name)) await this.entry(folder, entry);
  }

  private async entry({ name, path, real }: FoundImage, entry: Dirent): Promise<void> {
    const own = entry.name;
    const place = { name: name === "" ? own : `${name}/${own}`, path: join(path, own), real: join(real, own) };
    if (own.includes("\uFFFD") && (await lstat(place.path).catch(() => null)) === null)
      return this.omit(place.path, "unreadable", "its name is not UTF-8");
    if (entry.isSymbolicLink()) this.links.push(place);
    else if (entry.isDirectory()) await this.folder(place);
    else if (entry.isFile()) await this.file(place);
    else this.omit(place.path, "unreadable", specialKind(entry) ?? "");
  }

  private async file(file: FoundImage): Promise<void> {
    const problem = this.seen.has(file.real)
      ? ({ kind: "repeated", reason: "the same file as another" } as const)
      : await formatProblem(file.path);
    if (problem) return this.omit(file.path, problem.kind, problem.reason);
    this.seen.add(file.real);
    this.images.push(file);
  }

  /** @param link its `real` is the real path of its folder, and its own name. */
  private async link(link: FoundImage): Promise<void> {
    try {
      const status = await statusOf(link.path);
      const real = await realpath(link.path);
      if (status.isFile()) return await this.file({ ...link, real });
      if (!status.isDirectory()) return this.omit(link.path, "unreadable", specialKind(status) ?? "");
      if (isInside(this.root.real, real) || isInside(dirname(link.real), real))
        return this.omit(link.path, "repeated", "a link to a folder that contains it");
      if (this.seen.has(real)) return this.omit(link.path, "repeated", "a link to a folder that is read already");
      await this.folder({ ...link, real });
    } catch (error) {
      const isBroken = (error as NodeJS.ErrnoException).code === "ENOENT";
      this.omit(link.path, "unreadable", isBroken ? "a link to a file that is missing" : messageOf(error));
    }
  }
}

const byName = (a: FoundImage, b: FoundImage): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Why a file is left out, from its extension, and where that is of a format that is not decoded, from its content. */
async function formatProblem(path: string): Promise<Pick<LeftOut, "kind" | "reason"> | undefined> {
  const extension = extname(path).toLowerCase();
  if (DECODED.has(extension)) return undefined;
  if (!OTHERS.has(extension))
    return { kind: "other", reason: extension === "" ? "without an extension" : `${extension} (not an image)` };
  try {
    if (isDecodedFormat(await headOf(path))) return undefined;
    return { kind: "format", reason: `${extension} (format cannot be decoded)` };
  } catch (error) {
    return { kind: "unreadable", reason: messageOf(error) };
  }
}

/** The first bytes of a file. */
async function headOf(path: string): Promise<Buffer> {
  const file = await openRegular(path);
  const head = Buffer.alloc(64);
  const { bytesRead } = await file.read(head, 0, head.length, 0).finally(() => file.close());
  return head.subarray(0, bytesRead);
}

/** Number of files that are listed one by one. */
const LISTED = 20;

/**
 * What was left out, for a person: the number of files by reason, then those with a fault one by one. Empty if there is
 * nothing.
 */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const files = leftOut.filter(({ kind }) => kind !== "annotation");
  const annotations = leftOut.filter(({ kind }) => kind === "annotation");
  const counts = new Map<string, number>();
  for (const { kind, reason } of files) {
    const group = kind === "other" || kind === "format" ? reason : kind;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, count]) => `${count} ${printable(reason)}`);
  return [
    ...(files.length > 0 ? [`${countOf(files, "file", "files")} left out: ${reasons.join(", ")}`] : []),
    ...faultLines(files.filter(({ kind }) => kind === "unreadable")),
    ...(annotations.length > 0
      ? [`${countOf(annotations, "annotation file has", "annotation files have")} faults:`]
      : []),
    ...faultLines(annotations),
  ];
}

const countOf = (list: readonly unknown[], one: string, many: string): string =>
  `${list.length} ${list.length === 1 ? one : many}`;

function faultLines(faults: readonly LeftOut[]): string[] {
  const more = faults.length > LISTED ? [`  and ${faults.length - LISTED} more`] : [];
  return [...faults.slice(0, LISTED).map(({ file, reason }) => `  ${printable(`${file}: ${reason}`)}`), ...more];
}
