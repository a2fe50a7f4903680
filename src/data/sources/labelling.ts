/** What says the classes of a folder's pictures, which go by their names relative to it, with "/". */
export interface Labelling {
  /** The class of a picture; null when it has none. */
  labelOf(name: string): number | null;
  /** The names that it lists, all of which should be there. */
  readonly listed?: readonly string[];
  /** What the classes are called, from class 0 on. */
  readonly classes?: readonly string[];
}
