import { printable } from "../printable.js";
import type { Batching } from "../runtime/batching.js";
import type { GraphInspection, InspectedValue, Inspection } from "./inspect.js";
import type { OperatorUse } from "./operators.js";
import type { Answer, ProcessorUse, RecognizerUse, Serving } from "./serving.js";
import { bracketed, byteCount, columns, listed } from "./text.js";

/** The most nodes without a rule that are listed for each operator. */
const MAX_NODES = 3;

/** Formats an inspection for people. */
export function inspectionTable(inspection: Inspection): string {
  const { file, bytes, opsets, producer, notes } = inspection;
  const sets = Object.entries(opsets).map(([domain, version]) => `${domain ? `${domain} ` : "opset "}${version}`);
  const head = [file, byteCount(bytes), sets.join(", "), ...(producer ? [`by ${producer}`] : [])].join("   ");
  const serves = columns(servingRows(inspection.serves));
  const sections = [
    section("inputs", columns(inspection.inputs.map(valueCells))),
    section("outputs", outputLines(inspection)),
    section("parameters", columns(parameterRows(inspection))),
    section(
      "operators   ✓ has a gradient rule   ✗ has no rule   · gradient is zero by nature",
      operatorLines(inspection),
    ),
    section("serves as", serves),
    section(
      "notes",
      notes.map((note) => `  ${note}`),
    ),
  ];
  return [printable(head), ...sections].filter((text) => text !== "").join("\n");
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : [title, ...lines.map(printable)].join("\n");

function valueCells({ name, type, shape, tried }: InspectedValue): string[] {
  const open = tried && (!shape || bracketed(shape) !== bracketed(tried));
  return [name, type ?? "?", shape ? bracketed(shape) : "", open ? `tried as ${bracketed(tried)}` : ""];
}

function outputLines({ outputs }: GraphInspection): string[] {
  const lines = columns(outputs.map((output) => [output.differentiable ? "✓" : " ", ...valueCells(output)]));
  return lines.flatMap((line, i) => [line, ...(outputs[i]?.reason ? [`      ${outputs[i].reason}`] : [])]);
}

function parameterRows({ parameters }: GraphInspection): string[][] {
  const rows = parameters.map(({ kind, tensors, values, bytes }) => [kind, tensors, values, byteCount(bytes)] as const);
  const sum = (of: "tensors" | "values" | "bytes") => parameters.reduce((total, kind) => total + kind[of], 0);
  const trained = parameters.filter(({ trainable }) => trainable).reduce((total, { values }) => total + values, 0);
  const all = ["all", sum("tensors"), sum("values"), byteCount(sum("bytes"))] as const;
  const text = [...rows, all].map(([kind, tensors, values, bytes]) => [
    kind,
    `${tensors} tensors`,
    `${values.toLocaleString("en")} values`,
    bytes,
  ]);
  const widths = [0, 1, 2, 3].map((i) => Math.max(...text.map((row) => row[i]?.length ?? 0)));
  const aligned = text.map((row) => row.map((cell, i) => (i === 0 ? cell : cell.padStart(widths[i] ?? 0))));
  aligned.at(-1)?.push(`${trained.toLocaleString("en")} trainable`);
  return aligned;
}

const marks: Record<OperatorUse["status"], string> = { differentiable: "✓", missing: "✗", flat: "·", "off-path": " " };

function operatorLines({ operators }: GraphInspection): string[] {
  const width = Math.max(...operators.map(({ count }) => String(count).length));
  const lines = columns(
    operators.map(({ op, domain, count, status }) => [
      marks[status],
      domain ? `${domain}.${op}` : op,
      String(count).padStart(width),
    ]),
  );
  return lines.flatMap((line, i) => {
    const missing = operators[i]?.missing ?? [];
    const more = missing.length > MAX_NODES ? [`      and ${missing.length - MAX_NODES} more nodes`] : [];
    return [line, ...missing.slice(0, MAX_NODES).map(({ reason }) => `      ${reason}`), ...more];
  });
}

function servingRows({ recognizer, processor, withoutLabels }: Serving): string[][] {
  return [
    answerRow("recognizer", recognizer, recognizerText),
    answerRow("processor", processor, processorText),
    withoutLabels.length > 0
      ? ["✓", "features", `for an unsupervised loss: ${listed(withoutLabels)}`]
      : [" ", "features", "no: no output is differentiable with respect to an input"],
  ];
}

const answerRow = <T>(name: string, answer: Answer<T>, text: (use: T) => string): string[] =>
  answer.serves ? ["✓", name, text(answer)] : [" ", name, `no: ${answer.reason}`];

const recognizerText = ({ classes, size, trains, batch }: RecognizerUse): string =>
  `${classes} classes, images of ${size === null ? "any size" : `${size}x${size}`}${batchText(batch)}` +
  (trains ? "" : "; for evaluation only: its output is not differentiable");

const processorText = ({ scale, inputSize, batch }: ProcessorUse): string =>
  `x${scale}, images of ${inputSize.some((side) => typeof side === "string") ? "any size" : inputSize.join("x")}` +
  batchText(batch);

/** Nothing for the usual network, which declares an open batch and runs with any. */
function batchText({ declared, group }: Batching): string {
  if (declared === null && group === null) return "";
  const size = declared === null ? "open" : `fixed ${declared}`;
  return `; batch: ${size}, ${group === null ? "runs with any" : `run in groups of ${group}`}`;
}
