import { numberText } from "../../number-text.js";
import { Scroller } from "../../widgets/scroller.js";
import type { MatrixCell, MatrixPart } from "../document.js";
import { intervalText } from "./numbers.js";

/** The largest share of color in a cell: its text stays readable. */
const STRONGEST = 45;

/** Figures by row and column. Cells are colored by sign and size; the sign is also part of the text. */
export function MatrixView({ caption, corner, rows, columns, cells, digits, note }: MatrixPart) {
  const values = cells.flat().flatMap((cell) => (cell?.figure && cell.colored !== false ? [cell.figure[0]] : []));
  const most = Math.max(...values.map(Math.abs), Number.EPSILON);
  return (
    <div class="block">
      <Scroller label={caption} class="table matrix">
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">{corner}</th>
              {columns.map((column, i) => (
                <th scope="col" key={`${i}`}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={`${i}`}>
                <th scope="row">{row}</th>
                {cells[i]?.map((cell, column) => (
                  <CellView key={`${column}`} cell={cell} most={most} digits={digits} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      {note !== undefined && <p class="note">{note}</p>}
    </div>
  );
}

interface CellProps {
  readonly cell: MatrixCell | null;
  /** The size of the strongest color. */
  readonly most: number;
  readonly digits: number;
}

function CellView({ cell, most, digits }: CellProps) {
  if (!cell?.figure) return <td>–</td>;
  const [value, low, high] = cell.figure;
  const share = Math.round((STRONGEST * Math.min(Math.abs(value), most)) / most);
  const color = `color-mix(in srgb, ${value < 0 ? "var(--bad)" : "var(--good)"} ${share}%, var(--surface))`;
  return (
    <td style={cell.colored === false ? {} : { background: color }}>
      <span class="cell-value">
        {numberText(value, cell.digits ?? digits, true)}
        {cell.starred && " ★"}
      </span>
      {low !== undefined && high !== undefined && (
        <span class="cell-interval">{intervalText([low, high], digits, true)}</span>
      )}
    </td>
  );
}
