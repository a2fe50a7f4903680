import { useMemo, useState } from "preact/hooks";
import { numberText } from "../../number-text.js";
import { Table, type TableColumn } from "../../widgets/table.js";
import type { PredictedColumn, PredictionsPart } from "../document.js";
import { type FlipFilter, FlipFilterFields, flipOf } from "./flip-filter.js";

/** The first class that each judge predicts, of all images. */
export function PredictionsView({ part }: { readonly part: PredictionsPart }) {
  const { caption, files, note } = part;
  const [filter, setFilter] = useState<FlipFilter>({ pair: 0, judge: null, flip: null, search: "" });
  const columns = useMemo(() => columnsOf(part), [part]);
  const rows = useMemo(() => matching(part, filter), [part, filter]);
  return (
    <div class="block">
      <FlipFilterFields
        {...part}
        filter={filter}
        onFilter={setFilter}
        count={`${rows.length} of ${files.length} images`}
      />
      <Table caption={caption} columns={columns} rows={rows} empty="No image fits." />
      <p class="note">{note}</p>
    </div>
  );
}

function columnsOf({ files, truth, names, rows, judges, psnr, predicted }: PredictionsPart): TableColumn[] {
  const widthOf = (texts: readonly string[], most: number) =>
    Math.min(most, Math.max(8, ...texts.map(({ length }) => length)));
  const nameWidth = widthOf(names, 22) + 8;
  const hasClasses = truth.some((each) => each >= 0);
  return [
    { title: "image", width: widthOf(files, 36), value: (image) => files[image] ?? "" },
    ...(hasClasses
      ? [{ title: "class", width: nameWidth - 8, value: (image: number) => names[truth[image] ?? -1] ?? "–" }]
      : []),
    ...rows.flatMap((row, r): TableColumn[] => [
      ...(row === "clean" ? [] : [psnrColumn(row, psnr[r] ?? [])]),
      ...judges.map((judge, j): TableColumn => {
        const column = predicted[r]?.[j];
        const title = `${row}: ${judge}`;
        return {
          ...{ title, width: Math.max(nameWidth, title.length) },
          value: (image) => names[column?.classes[image] ?? -1] ?? null,
          cell: (image) => column && <Predicted column={column} image={image} names={names} />,
        };
      }),
    ]),
  ];
}

const psnrColumn = (row: string, values: readonly (number | null)[]): TableColumn => ({
  ...{ title: `${row}: PSNR (dB)`, width: row.length + 12, numeric: true },
  value: (image) => values[image] ?? Number.POSITIVE_INFINITY,
  cell: (image) => (values[image] == null ? "∞" : numberText(values[image], 2)),
});

interface PredictedProps {
  readonly column: PredictedColumn;
  readonly image: number;
  readonly names: readonly string[];
}

function Predicted({ column: { classes, shares, right }, image, names }: PredictedProps) {
  const isRight = right[image] === "1";
  const name = names[classes[image] ?? -1];
  return (
    <span class={isRight ? "right" : "wrong"}>
      {`${isRight ? "✓" : "✗"} ${name} ${numberText(100 * (shares[image] ?? 0), 0)} %`}
    </span>
  );
}

/** The images that a filter shows. */
function matching({ files, truth, names, pairs, judges, predicted }: PredictionsPart, filter: FlipFilter): number[] {
  const [row = 0, over = 0] = pairs[filter.pair] ?? [];
  const search = filter.search.trim().toLowerCase();
  const counted = filter.judge === null ? [...judges.keys()] : [filter.judge];
  const isRight = (r: number, judge: number, image: number) => predicted[r]?.[judge]?.right[image] === "1";
  return [...files.keys()].filter((image) => {
    const named = `${files[image]}\n${names[truth[image] ?? -1] ?? ""}`.toLowerCase();
    if (!named.includes(search)) return false;
    return (
      filter.flip === null ||
      counted.some((judge) => flipOf(isRight(over, judge, image), isRight(row, judge, image)) === filter.flip)
    );
  });
}
