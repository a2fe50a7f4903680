import { UserError } from "../errors.js";
import { named } from "../settings.js";
import type { RunRecord } from "./run-record.js";
import { learningRate, warmUpSteps } from "./schedule.js";

type Fields = Readonly<Record<string, unknown>>;

const refusal = (path: string, reason: string) => new UserError(`cannot resume ${path}: ${reason}`);

/** Settings that decide which others have an effect. A difference in them is the only one worth a message. */
const DECISIVE = ["task", "objective"];

/** Settings that exclude each other: a given one replaces the other one of the run. */
const EXCLUSIVE: Readonly<Record<string, string>> = { steps: "epochs", epochs: "steps" };

/**
 * The settings of a run that given ones are merged with when it is resumed.
 * @throws UserError when it is another kind of training, or has another task or objective.
 */
export function settingsOf(path: string, kind: RunRecord["kind"], then: RunRecord, given: Fields): Fields {
  requireKind(path, kind, then);
  for (const key of DECISIVE)
    if (typeof given[key] === "string" && typeof then.config[key] === "string" && given[key] !== then.config[key])
      throw refusal(
        path,
        `it was started with ${differenceText({ keys: [key], left: given[key], right: then.config[key] })}`,
      );
  const replaced = Object.keys(given).map((key) => given[key] !== undefined && EXCLUSIVE[key]);
  return Object.fromEntries(Object.entries(then.settings).filter(([key]) => !replaced.includes(key)));
}

function requireKind(path: string, kind: RunRecord["kind"], then: RunRecord): void {
  if (kind !== then.kind) throw refusal(path, `it is the training of a ${then.kind}, not of a ${kind}`);
}

/**
 * The record of a run that is resumed after `done` steps: the earlier one, or the new one if it only has more steps and the
 * learning rates of the completed steps allow that.
 * @throws UserError that names the differences between the two.
 */
export function resumedRecord(path: string, now: RunRecord, then: RunRecord, done: number): RunRecord {
  requireKind(path, now.kind, then);
  const config: Fields = JSON.parse(JSON.stringify(now.config));
  const comparable = Object.entries(config).filter(([key]) => !then.partial || key in then.config);
  const found = differences(Object.fromEntries(comparable), then.config);
  if (found.length === 0) return then;
  const [first] = found;
  const [left, right] = [Number(first?.left), Number(first?.right)];
  if (found.length > 1 || first?.keys.join() !== "steps" || !(left > right)) throw refusal(path, reasonOf(found));
  const obstacle = extensionObstacle(path, now, right, left, done);
  if (obstacle !== undefined) throw refusal(path, `${reasonOf(found)}. ${obstacle}`);
  return { ...now, extendedFrom: [...(then.extendedFrom ?? []), right] };
}

/** Why more steps would need other learning rates in the completed ones; undefined if they would not. */
function extensionObstacle(path: string, { kind, config }: RunRecord, from: number, to: number, done: number) {
  const { lr, lrDrops } = config as { readonly lr: number; readonly lrDrops?: readonly number[] };
  const drops = lrDrops ?? [];
  const [before, after] = [warmUpSteps(from), warmUpSteps(to)];
  if (drops.length === 0) {
    const at = (steps: number) => learningRate(lr, done - 1, steps).toPrecision(2);
    const instead =
      kind === "processor"
        ? `; to train on, set ${named("init")} to ${path}/model.onnx, with another ${named("out")}`
        : "";
    return `The learning rate decays over all steps: at step ${done} it was ${at(from)}, and of ${to} steps it would be ${at(to)}${instead}`;
  }
  if (before === after || done >= Math.max(before, after)) return undefined;
  return `The learning rate rises over the first ${before} steps, and of ${to} steps it would over ${after}, of which ${done} are done`;
}

/** Differences that a message lists. */
const LISTED = 5;

interface Difference {
  readonly keys: readonly string[];
  readonly left: unknown;
  readonly right: unknown;
}

function differences(left: unknown, right: unknown, keys: readonly string[] = []): Difference[] {
  if (!isFields(left) || !isFields(right))
    return JSON.stringify(left) === JSON.stringify(right) ? [] : [{ keys, left, right }];
  const all = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return all.flatMap((key) => differences(left[key], right[key], [...keys, key]));
}

/** Whether a value is compared field by field: objects and lists of objects. Lists of numbers or texts are one value. */
const isFields = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) ? isFields(value[0]) : typeof value === "object" && value !== null;

/** "it was started with `lr` 0.1, not 0.2; `seed` 0, not 1", or what has changed in the files. */
function reasonOf(found: readonly Difference[]): string {
  const [{ keys = [], left, right } = {}] = [found.find(({ keys }) => keys.at(-1) === "count") ?? found[0]];
  const key = named(keys[0] ?? "");
  if (keys.at(-1) === "count") return `it was started with ${right} images of ${key}, but there are ${left} now`;
  const changed = found.find(({ keys }) => keys.at(-1) === "sha256")?.keys;
  if (changed)
    return `the contents of ${named(changed[0] ?? "")} have changed since it was started (${changed.join(".")})`;
  const more = found.length > LISTED ? `; and ${found.length - LISTED} more` : "";
  return `it was started with ${found.slice(0, LISTED).map(differenceText).join("; ")}${more}`;
}

function differenceText({ keys, left, right }: Difference): string {
  const key = keys.findLast((each) => !/^\d+$/.test(each)) ?? "";
  const place = keys.length > 1 ? ` (${keys.join(".")})` : "";
  const textOf = (value: unknown) => JSON.stringify(value) ?? "(none)";
  return `${named(key)} ${textOf(right)}, not ${textOf(left)}${place}`;
}
