/** The classes of a folder's images. Names are relative to the folder, with "/" as separator. */
export interface Labelling {
  /** The class of an image; null if it has none. */
  labelOf(name: string): number | null;
  /** Names of all listed images, if there is a list; each should exist. */
  readonly listed?: readonly string[];
  /** Class names in the order of the class indices. */
  readonly classes?: readonly string[];
}
