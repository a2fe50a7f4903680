/// <reference lib="dom" />
import type { ComponentChildren } from "preact";
import { useId, useMemo, useRef, useState } from "preact/hooks";
import { Scroller } from "./scroller.js";
import { type SortDirection, sortedRows } from "./sorted-rows.js";
import { useVirtualRows } from "./virtual-rows.js";

/** A column of a table, by the place of a row in its data. */
export interface TableColumn {
  readonly title: string;
  /** Numbers are aligned at their end, and sorted from the largest at first. */
  readonly numeric?: boolean;
  /** Width in characters. */
  readonly width: number;
  /** What rows are sorted by; null comes last. */
  value(row: number): number | string | null;
  /** Default: the value as text. */
  cell?(row: number): ComponentChildren;
}

export interface Sorting {
  readonly column: number;
  readonly direction: SortDirection;
}

export interface TableProps {
  readonly caption: string;
  /** The first one has the names of the rows. */
  readonly columns: readonly TableColumn[];
  /** The rows that are shown, in their order before they are sorted. */
  readonly rows: readonly number[];
  /** At first. Default: the order of `rows`. */
  readonly sorting?: Sorting;
  /** Shown if there are no rows. */
  readonly empty?: string;
}

/** Rows from which on only the visible ones are part of the page. */
const MANY = 24;
/** Rows of a large table that are in the page at most; rows that leave it are used again for those that enter it. */
const SLOTS = 128;
/** Height in pixels of a row of a large table. */
const ROW = 36;

/**
 * A table that its headings sort. A large one is a region of its own that scrolls, also by keys, and has only the visible rows in
 * the page; their numbers are given for screen readers.
 */
export function Table({ caption, columns, rows, sorting: initial, empty = "There are no rows." }: TableProps) {
  const [sorting, setSorting] = useState<Sorting | undefined>(initial);
  const sorted = useMemo(() => {
    const column = sorting && columns[sorting.column];
    return column ? sortedRows(rows, column.value, sorting.direction) : rows;
  }, [columns, rows, sorting]);
  const box = useRef<HTMLElement>(null);
  const large = rows.length > MANY;
  const window = useVirtualRows(large ? sorted.length : 0, ROW, box);
  const shown = large ? sorted.slice(window.first, window.end) : sorted;
  const id = useId();
  return (
    <Scroller label={caption} class={large ? "table large" : "table"} box={box}>
      <table aria-rowcount={sorted.length + 1} aria-describedby={id}>
        <caption>{caption}</caption>
        {large && (
          <colgroup>
            {columns.map(({ title, width }) => (
              <col key={title} style={{ width: `${width + 3}ch` }} />
            ))}
          </colgroup>
        )}
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column, i) => (
              <Heading
                key={`${i} ${column.title}`}
                column={column}
                direction={sorting?.column === i ? sorting.direction : undefined}
                onSort={(direction) => setSorting({ column: i, direction })}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {large && <Space height={window.before} columns={columns.length} />}
          {shown.map((row, i) => (
            <tr key={large ? (window.first + i) % SLOTS : row} aria-rowindex={(large ? window.first : 0) + i + 2}>
              {columns.map((column, place) => (
                <Cell key={`${place}`} column={column} row={row} isName={place === 0} />
              ))}
            </tr>
          ))}
          {large && <Space height={window.after} columns={columns.length} />}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">{empty}</p>}
      <p class="unseen" id={id} role="status">
        {sorting ? `Sorted by ${columns[sorting.column]?.title}, ${sorting.direction}.` : "Headings sort the table."}
      </p>
    </Scroller>
  );
}

interface HeadingProps {
  readonly column: TableColumn;
  readonly direction: SortDirection | undefined;
  onSort(direction: SortDirection): void;
}

function Heading({ column: { title, numeric = false }, direction, onSort }: HeadingProps) {
  const first: SortDirection = numeric ? "descending" : "ascending";
  const next = direction === first ? (numeric ? "ascending" : "descending") : first;
  return (
    <th scope="col" aria-sort={direction ?? "none"} class={numeric ? "numeric" : ""}>
      <button type="button" onClick={() => onSort(next)}>
        {title}
        <span aria-hidden="true" class="sort">
          {direction === undefined ? "↕" : direction === "ascending" ? "↑" : "↓"}
        </span>
      </button>
    </th>
  );
}

interface CellProps {
  readonly column: TableColumn;
  readonly row: number;
  readonly isName: boolean;
}

function Cell({ column: { numeric, cell, value }, row, isName }: CellProps) {
  const content = cell ? cell(row) : String(value(row) ?? "–");
  const title = cell ? undefined : String(content);
  if (isName)
    return (
      <th scope="row" title={title}>
        {content}
      </th>
    );
  return <td class={numeric ? "numeric" : ""}>{content}</td>;
}

/** The height of the rows that are not part of the page. */
function Space({ height, columns }: { readonly height: number; readonly columns: number }) {
  return height === 0 ? null : (
    <tr class="space">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
