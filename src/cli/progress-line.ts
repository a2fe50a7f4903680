/** What follows the bar of a progress; "" for what is not known. */
export interface ProgressParts {
  readonly left: string;
  readonly details: string;
  readonly rate: string;
}

/**
 * The parts that fit on the rest of a line. The details matter most: the rate goes first, then the time left; then the
 * details are truncated. A longer line would wrap, and each update would add a line.
 * @param room number of columns.
 */
export function fittingParts({ left, details, rate }: ProgressParts, room: number): string {
  const choices = [[left, details, rate], [left, details], [details]].map((parts) =>
    parts.map((part) => (part === "" ? "" : `  ${part}`)).join(""),
  );
  return choices.find((text) => widthOf(text) <= room) ?? truncated(choices.at(-1) ?? "", room);
}

/** Columns of a text on a terminal, at most: characters of Asian scripts and pictograms take two. */
const widthOf = (text: string): number => [...text].reduce((sum, each) => sum + columnsOf(each), 0);
const columnsOf = (character: string): number => ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2);

function truncated(text: string, room: number): string {
  const characters = [...text];
  let width = 1;
  const end = characters.findIndex((each) => {
    width += columnsOf(each);
    return width > room;
  });
  return end < 1 ? "" : `${characters.slice(0, end).join("")}…`;
}
