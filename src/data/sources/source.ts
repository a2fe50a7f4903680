import type { LeftOut } from "../../platform/node/image-files.js";
import type { Item } from "../item.js";

/** The parts of a data set: training images and test images. */
export const parts = ["train", "test"] as const;
/** The part of a data set: training images or test images. */
export type Part = (typeof parts)[number];

/** What can be known of each image: its class, the boxes of its objects, or the class of each pixel. */
export type AnnotationKind = "classes" | "boxes" | "label-maps";

/** Options for opening a data set. */
export interface SourceOptions {
  /** The part to open if the data set has parts. */
  readonly part: Part;
  /** The annotations to read. "none" opens no file that holds annotations. */
  readonly annotations: AnnotationKind | "none";
  /** The list of images to open where a data set has several: "trainval", "val2017". Default: that of the part. */
  readonly set?: string;
}

/** An opened data set. */
export interface Source {
  /** The folder that image names are relative to. */
  readonly root: string;
  /** The images, in an order that depends only on their names. */
  readonly items: readonly Item[];
  /** The path of each item without links. Default: its title. */
  readonly reals?: readonly string[];
  /** Files of the folder that are not read, apart from those that are no images by their names. */
  readonly leftOut?: readonly LeftOut[];
  /** The folder of each item, "" for none, if only folder names define the classes. */
  readonly classFolders?: readonly string[];
  /** Folders of classes in other parts of the data set that this part has no image of. They count when classes are numbered. */
  readonly otherClassFolders?: readonly string[];
  /** Listed images that do not exist. */
  readonly missing?: readonly Item[];
  /** Class names in the order of the class indices. */
  readonly classes?: readonly string[];
  /** The part that was opened if the data set has parts. */
  readonly part?: Part;
}

/** A layout of data sets on disk. */
export interface Layout {
  /** One line for the help text. */
  readonly summary: string;
  /** Opens the data set at `path`; undefined if it has another layout. `names` are the folder's direct entries. */
  open(path: string, names: ReadonlySet<string>, options: SourceOptions): Promise<Source | undefined>;
}
