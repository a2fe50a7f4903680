import type { Embedded } from "./embedded.js";
import { corrected, type Exif, type ImageChange } from "./exif.js";
import { withoutMakerNote, writeExif } from "./exif-writer.js";
import { withIptc } from "./iptc-to-xmp.js";
import { fitsExif } from "./jpeg-segments.js";
import type { MetadataKind } from "./kind.js";
import type { SourceMetadata } from "./source-metadata.js";
import { correctedXmp, type Note, withNote } from "./xmp.js";

/** The metadata of a changed image, and the kinds that are lost. */
export interface KeptMetadata {
  readonly embedded: Pick<Embedded, "exif" | "xmp" | "iptc" | "texts">;
  /** Kinds that the input has and the result does not, or not all of it. */
  readonly dropped: readonly MetadataKind[];
}

/**
 * The metadata of a file for an image in a format, corrected for its new size and orientation.
 * @param from the format of the file.
 * @param note of how the pixels were made. Default: none is added.
 */
export function keptMetadata(
  source: SourceMetadata,
  change: ImageChange,
  { from, to, note }: { readonly from: string; readonly to: string; readonly note?: Note | undefined },
): KeptMetadata {
  const dropped = new Set(source.damaged);
  const drop = (kind: MetadataKind, isLost: boolean): boolean => isLost && dropped.add(kind) !== undefined;
  const all = source.exif && corrected(source.exif, change);
  const exif = all && to === "jpeg" ? fittingJpeg(all) : all;
  drop("EXIF", exif !== all);
  const { iptc, texts } = source;
  const own = source.xmp === undefined ? undefined : correctedXmp(source.xmp, change);
  const records = to === "webp" ? iptc?.records : undefined; // WebP has no place for them
  const { xmp, isWhole } = records ? withIptc(own, records) : { xmp: own, isWhole: true };
  drop("IPTC", !isWhole);
  const losesTexts = drop("text", from !== to && texts.length > 0);
  return {
    embedded: {
      exif: exif && isEmpty(exif) ? undefined : exif,
      xmp: note ? withNote(xmp, note) : xmp,
      iptc,
      texts: losesTexts ? [] : texts,
    },
    dropped: [...dropped],
  };
}

/** The block without its maker note where it is too long with it; undefined where it still is. */
const fittingJpeg = (exif: Exif): Exif | undefined =>
  [exif, withoutMakerNote(exif)].find((candidate) => fitsExif(writeExif(candidate)));

const isEmpty = ({ root }: Exif): boolean => root.entries.size === 0 && root.children.size === 0;
