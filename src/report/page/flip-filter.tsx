/// <reference lib="dom" />
import type { RowPair } from "../document.js";

/** Kinds of images by how predictions change between two rows. */
export const flipKinds = ["harmful", "helpful"] as const;
export type FlipKind = (typeof flipKinds)[number];

/** What is shown. */
export interface FlipFilter {
  /** Index of the pair of rows. */
  readonly pair: number;
  /** Index of the judge; null: any. */
  readonly judge: number | null;
  /** Null: any. */
  readonly flip: FlipKind | null;
  /** Part of an image's or class's name. */
  readonly search: string;
}

/** How a prediction changes from one row to another, if its being right does. */
export const flipOf = (before: boolean, after: boolean): FlipKind | null =>
  before === after ? null : before ? "harmful" : "helpful";

interface FilterProps {
  readonly filter: FlipFilter;
  onFilter(filter: FlipFilter): void;
  readonly pairs: readonly RowPair[];
  readonly rows: readonly string[];
  readonly judges: readonly string[];
  /** Shown beside the fields: how many images fit. */
  readonly count: string;
}

/** Fields that choose images by pair, judge, kind of flip and name. */
export function FlipFilterFields({ filter, onFilter, pairs, rows, judges, count }: FilterProps) {
  const change = (part: Partial<FlipFilter>) => onFilter({ ...filter, ...part });
  return (
    <form class="filter" onSubmit={(event) => event.preventDefault()}>
      {pairs.length > 1 && (
        <label>
          Processor
          <select value={filter.pair} onChange={({ currentTarget }) => change({ pair: Number(currentTarget.value) })}>
            {pairs.map(([row, over], i) => (
              <option key={`${i}`} value={i}>{`${rows[row]} over ${rows[over]}`}</option>
            ))}
          </select>
        </label>
      )}
      {judges.length > 1 && pairs.length > 0 && (
        <label>
          Judge
          <select
            value={filter.judge ?? ""}
            onChange={({ currentTarget: { value } }) => change({ judge: value === "" ? null : Number(value) })}
          >
            <option value="">any judge</option>
            {judges.map((judge, i) => (
              <option key={judge} value={i}>
                {judge}
              </option>
            ))}
          </select>
        </label>
      )}
      {judges.length > 0 && pairs.length > 0 && (
        <label>
          Flips
          <select
            value={filter.flip ?? ""}
            onChange={({ currentTarget: { value } }) =>
              change({ flip: flipKinds.find((kind) => kind === value) ?? null })
            }
          >
            <option value="">all</option>
            {flipKinds.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        Name
        <input
          type="search"
          value={filter.search}
          placeholder="image or class"
          onInput={({ currentTarget }) => change({ search: currentTarget.value })}
        />
      </label>
      <p role="status">{count}</p>
    </form>
  );
}
