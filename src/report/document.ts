/**
 * What a report page shows, as plain JSON. Commands fill it from their results; the page renders each kind of part and knows
 * no command. Arrays of one part that are by row have the same length.
 */
export interface ReportDocument {
  readonly title: string;
  /** Shown above everything, such as that answers are simulated. */
  readonly warning?: string;
  /** One or two sentences: what was measured, on how much. */
  readonly summary: string;
  /** The results that are read first. */
  readonly highlights: readonly Highlight[];
  readonly sections: readonly Section[];
}

/** One result in large type. */
export interface Highlight {
  readonly label: string;
  readonly value: string;
  /** Such as its interval. */
  readonly detail?: string;
  /** Whether it is better or worse than no difference. */
  readonly tone?: Tone;
}
export type Tone = "good" | "bad";

export interface Section {
  readonly title: string;
  readonly parts: readonly Part[];
}

export type Part =
  | TextPart
  | FactsPart
  | TablePart
  | ScatterPart
  | LinesPart
  | MatrixPart
  | HistogramPart
  | PicturePart
  | PredictionsPart
  | GalleryPart;

/** Paragraphs. */
export interface TextPart {
  readonly kind: "text";
  readonly lines: readonly string[];
}

/** Names with their values, such as settings. */
export interface FactsPart {
  readonly kind: "facts";
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A figure with its 95 % interval, where it has one; null: it is not defined. */
export type Figure = readonly [value: number] | readonly [value: number, low: number, high: number] | null;

/** A table that can be sorted by each column. */
export interface TablePart {
  readonly kind: "table";
  readonly caption: string;
  readonly columns: readonly Column[];
  /** What an empty table says. */
  readonly empty?: string;
  /** Explains marks and measures. */
  readonly note?: string;
}

export type Column = TextColumn | NumberColumn | FigureColumn;

interface TitledColumn {
  readonly title: string;
}

export interface TextColumn extends TitledColumn {
  readonly kind: "text";
  readonly values: readonly string[];
  /** Hashes and command lines. */
  readonly code?: true;
}

/** Numbers; null: not defined. */
export interface NumberColumn extends TitledColumn {
  readonly kind: "number";
  readonly values: readonly (number | null)[];
  readonly digits: number;
  readonly signed?: true;
  /** What null means, such as "∞". Default: "–". */
  readonly none?: string;
  /** Values below it are shown as "< 0.001". */
  readonly least?: number;
}

/** Figures with their intervals, which are drawn beside them. */
export interface FigureColumn extends TitledColumn {
  readonly kind: "figure";
  readonly values: readonly Figure[];
  readonly digits: number;
  readonly signed?: true;
  /** Columns of one unit are drawn on one scale. */
  readonly unit: string;
  /** The value of no difference, from which intervals are told apart. */
  readonly reference?: number;
  /** Rows with a star, which the table's note explains. */
  readonly starred?: readonly boolean[];
}

export interface Axis {
  /** With its unit. */
  readonly title: string;
}

/** Points of several series, with labels and intervals along y. */
export interface ScatterPart {
  readonly kind: "scatter";
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly ScatterSeries[];
  /** False: labels are shown for the point under the pointer alone. */
  readonly labeled?: boolean;
  readonly note?: string;
}

export interface ScatterSeries {
  readonly name: string;
  readonly points: readonly ScatterPoint[];
}

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Along y. */
  readonly interval?: readonly [low: number, high: number];
  readonly label: string;
  /** Whether the line of the Pareto front passes through it. */
  readonly front?: boolean;
}

/** Curves: over steps, or over settings in their order. */
export interface LinesPart {
  readonly kind: "lines";
  readonly caption: string;
  /** `points` has one place for each x, in the order of the first series. */
  readonly x: Axis & { readonly scale: "linear" | "points" };
  readonly y: Axis & { readonly scale?: "log" };
  readonly series: readonly LineSeries[];
  readonly note?: string;
}

export interface LineSeries {
  readonly name: string;
  readonly points: readonly LinePoint[];
}

export interface LinePoint {
  readonly x: number | string;
  readonly y: number;
  readonly interval?: readonly [low: number, high: number];
}

/** Figures by row and column, with a color scale around 0. */
export interface MatrixPart {
  readonly kind: "matrix";
  readonly caption: string;
  /** What the rows are, above their names. */
  readonly corner: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** By row, then column. */
  readonly cells: readonly (readonly (MatrixCell | null)[])[];
  readonly digits: number;
  readonly note?: string;
}

export interface MatrixCell {
  readonly figure: Figure;
  /** A star, which the note explains. */
  readonly starred?: true;
  /** False: not on the color scale, such as a figure of another unit. */
  readonly colored?: false;
  /** Default: those of the matrix. */
  readonly digits?: number;
}

export interface HistogramPart {
  readonly kind: "histogram";
  readonly caption: string;
  readonly x: Axis;
  /** What is counted, such as "answers". */
  readonly counted: string;
  readonly values: readonly number[];
}

/** An image of the report itself, such as a map. */
export interface PicturePart {
  readonly kind: "picture";
  readonly caption: string;
  /** A data URI. */
  readonly image: string;
}

/** A class with its share, 0 to 1: see `sharesOf`. */
export type ShareOfClass = readonly [name: number, share: number];

/** Two rows that are compared: a processor, and the row that it is compared with. Indices of `rows`. */
export type RowPair = readonly [row: number, over: number];

/** Names of images, rows and judges that predictions refer to. */
interface Judged {
  /** Of classes; predictions are indices of it. */
  readonly names: readonly string[];
  /** "none" first, then the processors, "clean" last. */
  readonly rows: readonly string[];
  readonly judges: readonly string[];
  readonly pairs: readonly RowPair[];
}

/** The first class that each judge predicts for each image, in columns. */
export interface PredictionsPart extends Judged {
  readonly kind: "predictions";
  readonly caption: string;
  readonly files: readonly string[];
  /** By image: its class; -1: none. */
  readonly truth: readonly number[];
  /** By row, then image: PSNR in dB; null: infinite. */
  readonly psnr: readonly (readonly (number | null)[])[];
  /** By row, then judge. */
  readonly predicted: readonly (readonly PredictedColumn[])[];
  readonly note: string;
}

/** What a judge predicts for the images of a row. */
export interface PredictedColumn {
  /** By image. */
  readonly classes: readonly number[];
  readonly shares: readonly number[];
  /** A character for each image: "1" right, "0" wrong. */
  readonly right: string;
}

/** Images with the predictions of each judge for each row; harmful flips first. */
export interface GalleryPart extends Judged {
  readonly kind: "gallery";
  readonly caption: string;
  readonly items: readonly GalleryItem[];
  /** How many images there are of each kind, shown or not. */
  readonly totals: readonly FlipTotal[];
  /** How images were chosen, and their form. */
  readonly note: string;
}

/** The flips of one judge between two rows. */
export interface FlipTotal {
  /** Indices of `pairs` and `judges`. */
  readonly pair: number;
  readonly judge: number;
  readonly harmful: number;
  readonly helpful: number;
}

export interface GalleryItem {
  readonly file: string;
  readonly truth: number;
  /** By row, "clean" last; null: a row that is not shown, such as that of a control. */
  readonly views: readonly (GalleryView | null)[];
}

export interface GalleryView {
  /** A data URI. */
  readonly image: string;
  /** In dB; null: infinite. */
  readonly psnr: number | null;
  /** By judge. */
  readonly predictions: readonly GalleryPrediction[];
}

export interface GalleryPrediction {
  /** The first classes. */
  readonly ranked: readonly ShareOfClass[];
  readonly right: boolean;
}
