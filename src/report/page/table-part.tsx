import { useMemo } from "preact/hooks";
import { numberText } from "../../number-text.js";
import { Table, type TableColumn } from "../../widgets/table.js";
import type { Column, FigureColumn, TablePart } from "../document.js";
import { IntervalBar, type Scale, scaleOf } from "./interval-bar.js";
import { figureText } from "./numbers.js";

/** A table with intervals drawn beside their figures. */
export function TableView({ part }: { readonly part: TablePart }) {
  const { caption, note, empty } = part;
  const { columns, rows } = useMemo(() => {
    const scales = scalesOf(part.columns);
    return {
      columns: part.columns.map((column) => tableColumn(column, scales)),
      rows: Array.from(part.columns[0]?.values.keys() ?? []),
    };
  }, [part]);
  return (
    <div class="block">
      <Table caption={caption} columns={columns} rows={rows} {...(empty !== undefined && { empty })} />
      {note !== undefined && <p class="note">{note}</p>}
    </div>
  );
}

/** By unit, so that columns can be compared. */
function scalesOf(columns: readonly Column[]): ReadonlyMap<string, Scale> {
  const figures = columns.filter((column) => column.kind === "figure");
  return new Map(
    figures.map(({ unit, reference }) => {
      const all = figures.filter((each) => each.unit === unit).flatMap(({ values }) => values);
      return [unit, scaleOf(all, reference)];
    }),
  );
}

/** Letters from which on a text is broken into lines. */
const LONG = 40;

function tableColumn(column: Column, scales: ReadonlyMap<string, Scale>): TableColumn {
  const { title } = column;
  if (column.kind === "text") {
    const { values, code } = column;
    const width = Math.min(LONG, Math.max(title.length, ...values.map(({ length }) => length)));
    return {
      ...{ title, width, value: (row) => values[row] ?? "" },
      ...(code && { cell: (row) => <code>{values[row]}</code> }),
      ...(!code && width === LONG && { cell: (row) => <span class="long">{values[row]}</span> }),
    };
  }
  if (column.kind === "figure") return figureColumn(column, scales.get(column.unit) ?? [0, 1]);
  const { values, digits, signed, none = "–", least = Number.NEGATIVE_INFINITY } = column;
  const textOf = (value: number) => (value < least ? `< ${least}` : numberText(value, digits, signed));
  return {
    ...{ title, width: Math.max(title.length, 9), numeric: true },
    value: (row) => values[row] ?? (none === "∞" ? Number.POSITIVE_INFINITY : null),
    cell: (row) => (values[row] == null ? none : textOf(values[row])),
  };
}

function figureColumn({ title, values, digits, signed, reference, starred }: FigureColumn, scale: Scale): TableColumn {
  return {
    ...{ title, width: Math.max(title.length, 34), numeric: true },
    value: (row) => values[row]?.[0] ?? null,
    cell: (row) => (
      <span class="figure">
        <span class="figure-text">
          {figureText(values[row] ?? null, digits, signed)}
          {starred && <span class="star">{starred[row] ? " ★" : ""}</span>}
        </span>
        <IntervalBar figure={values[row] ?? null} scale={scale} reference={reference} />
      </span>
    ),
  };
}
