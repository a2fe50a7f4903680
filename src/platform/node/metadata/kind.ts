/** A kind of metadata of an image file. C2PA are signed statements of its origin; a gain map is for HDR displays. */
export type MetadataKind = "EXIF" | "XMP" | "IPTC" | "text" | "C2PA" | "color profile" | "gain map";
