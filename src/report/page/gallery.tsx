/// <reference lib="dom" />
import { useMemo, useRef, useState } from "preact/hooks";
import type { GalleryItem, GalleryPart, GalleryView } from "../document.js";
import { type FlipFilter, FlipFilterFields, type FlipKind, flipKinds, flipOf } from "./flip-filter.js";
import { GalleryDetail } from "./gallery-detail.js";

/** An image that fits the filter. */
interface Shown {
  readonly item: GalleryItem;
  readonly flip: FlipKind;
}

/** Flipped predictions: harmful ones first. One image is open, with all its rows in the viewer. */
export function Gallery({ part }: { readonly part: GalleryPart }) {
  const { caption, note, items } = part;
  const [filter, setFilter] = useState<FlipFilter>({ pair: 0, judge: null, flip: null, search: "" });
  const [chosen, setChosen] = useState<string>();
  const opened = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => shownIn(part, filter), [part, filter]);
  const open = shown.find(({ item }) => item.file === chosen) ?? shown[0];
  return (
    <section class="block gallery" aria-label={caption}>
      <FlipFilterFields
        {...part}
        filter={filter}
        onFilter={setFilter}
        count={`${shown.length} of ${items.length} images`}
      />
      <div ref={opened}>
        {open && (
          <GalleryDetail key={`${open.item.file} ${filter.pair}`} part={part} item={open.item} pair={filter.pair} />
        )}
      </div>
      {flipKinds
        .filter((kind) => filter.flip === null || filter.flip === kind)
        .map((kind) => (
          <Group
            key={kind}
            kind={kind}
            part={part}
            filter={filter}
            items={shown.filter(({ flip }) => flip === kind).map(({ item }) => item)}
            open={open?.item}
            onOpen={({ file }) => {
              setChosen(file);
              opened.current?.scrollIntoView({ block: "nearest" });
            }}
          />
        ))}
      <p class="note">{note}</p>
    </section>
  );
}

/** The images that a filter shows, each once: as a harmful flip where it is one for some judge. */
function shownIn(part: GalleryPart, filter: FlipFilter): Shown[] {
  const search = filter.search.trim().toLowerCase();
  return part.items.flatMap((item) => {
    const kinds = flipsOf(part, item, filter);
    const flip = flipKinds.find((kind) => kinds.has(kind) && (filter.flip === null || filter.flip === kind));
    const named = `${item.file}\n${part.names[item.truth] ?? ""}`.toLowerCase();
    return flip && named.includes(search) ? [{ item, flip }] : [];
  });
}

/** The kinds of flips of an image between the rows of the filter's pair, by the filter's judges. */
function flipsOf({ pairs, judges }: GalleryPart, { views }: GalleryItem, filter: FlipFilter): ReadonlySet<FlipKind> {
  const [row = 0, over = 0] = pairs[filter.pair] ?? [];
  if (judges.length === 0) return new Set([isLower(views[row], views[over]) ? "harmful" : "helpful"]);
  const counted = filter.judge === null ? [...judges.keys()] : [filter.judge];
  const flips = counted.map((judge) => {
    const [before, after] = [views[over]?.predictions[judge], views[row]?.predictions[judge]];
    return before && after ? flipOf(before.right, after.right) : null;
  });
  return new Set(flips.filter((flip) => flip !== null));
}

const isLower = (view: GalleryView | null | undefined, over: GalleryView | null | undefined): boolean =>
  (view?.psnr ?? Number.POSITIVE_INFINITY) < (over?.psnr ?? Number.POSITIVE_INFINITY);

interface GroupProps {
  readonly kind: FlipKind;
  readonly part: GalleryPart;
  readonly filter: FlipFilter;
  readonly items: readonly GalleryItem[];
  readonly open: GalleryItem | undefined;
  onOpen(item: GalleryItem): void;
}

function Group({ kind, part, filter, items, open, onOpen }: GroupProps) {
  const { pairs, rows, totals, judges, names } = part;
  const [row = 0, over = 0] = pairs[filter.pair] ?? [];
  const all = totals
    .filter(({ pair, judge }) => pair === filter.pair && (filter.judge === null || judge === filter.judge))
    .map((total) => `${total[kind]} for ${judges[total.judge]}`);
  const { title, meaning, none } = textsOf(kind, judges.length > 0, rows[row] ?? "", rows[over] ?? "");
  return (
    <section class="flips">
      <h3>
        {title}
        <span class="totals">{all.join(", ")}</span>
      </h3>
      <p class="note">{meaning}</p>
      {items.length === 0 ? (
        <p class="empty">{isFiltered(filter) ? `${none} that fit.` : `${none}.`}</p>
      ) : (
        <ul class="thumbnails">
          {items.map((item) => (
            <li key={item.file}>
              <button type="button" aria-pressed={item === open} onClick={() => onOpen(item)}>
                <img src={item.views[row]?.image ?? ""} alt="" decoding="async" />
                <span class="name" title={item.file}>
                  {ending(item.file)}
                </span>
                <span class="class">{names[item.truth]}</span>
                {judges.map((judge, j) => (
                  <Change key={judge} judge={judge} item={item} row={row} over={over} place={j} />
                ))}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Letters of a name that there is room for. */
const LETTERS = 14;

/** The end of a long name, in which names differ. */
const ending = (name: string): string => (name.length > LETTERS ? `…${name.slice(1 - LETTERS)}` : name);

const isFiltered = ({ judge, search }: FlipFilter): boolean => judge !== null || search.trim() !== "";

/** The texts of a group: of flips, or of images whose PSNR is lower or higher. */
function textsOf(kind: FlipKind, areFlips: boolean, row: string, over: string) {
  const isHarmful = kind === "harmful";
  if (!areFlips) {
    const [title, other] = isHarmful ? ["Lower PSNR", "lower"] : ["Higher PSNR", "higher"];
    return { title, meaning: `The PSNR of ${row} is ${other} than that of ${over}.`, none: "No images" };
  }
  const [before, after] = isHarmful ? ["Right", "wrong"] : ["Wrong", "right"];
  return {
    title: isHarmful ? "Harmful flips" : "Helpful flips",
    meaning: `${before} with ${over}, ${after} with ${row}.`,
    none: `No ${kind} flips`,
  };
}

interface ChangeProps {
  readonly judge: string;
  readonly item: GalleryItem;
  readonly row: number;
  readonly over: number;
  readonly place: number;
}

/** "✓ → ✗ squeezenet" */
function Change({ judge, item: { views }, row, over, place }: ChangeProps) {
  const [before, after] = [views[over], views[row]].map((view) => view?.predictions[place]?.right ?? false);
  const flip = flipOf(before ?? false, after ?? false);
  const mark = (right = false) => (right ? "✓" : "✗");
  return (
    <span class={`change ${flip ?? ""}`}>
      <span aria-hidden="true">{`${mark(before)} → ${mark(after)} `}</span>
      <span class="unseen">{`${before ? "right" : "wrong"}, then ${after ? "right" : "wrong"}: `}</span>
      {judge}
    </span>
  );
}
