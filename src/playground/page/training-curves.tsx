/// <reference lib="dom" />
import { dot, lineY } from "@observablehq/plot";
import { useMemo } from "preact/hooks";
import { Chart, seriesColor } from "../../widgets/chart.js";
import { stage, steps, training } from "./tuning.js";

/** The losses of a training while it runs, and the time left. */
export function TrainingCurves() {
  const reports = steps.value;
  const last = reports.at(-1);
  const options = useMemo(() => {
    const points = reports.map(({ step, losses }) => ({ step, loss: losses.recognition ?? losses.loss ?? 0 }));
    const at = { x: "step", y: "loss" } as const;
    return {
      height: 220,
      x: { label: "step", ticks: Math.min(10, reports.length), tickFormat: "d" },
      y: { label: "recognition loss", grid: true, zero: true },
      marks: [lineY(points, { ...at, stroke: seriesColor(0) }), dot(points, { ...at, r: 1.5, fill: seriesColor(0) })],
    };
  }, [reports]);
  if (!last) return training.value ? <p role="status">{stage.value} …</p> : null;
  const rows = reports.map(({ step, losses, psnr }) => [step, losses.loss ?? 0, losses.recognition ?? 0, psnr]);
  return (
    <div class="curves">
      <progress max={last.steps} value={last.step} aria-label="Completed steps" />
      <p>
        step {last.step} of {last.steps}
        {timeLeft(last.step, last.steps)} · loss {(last.losses.loss ?? 0).toPrecision(3)} · PSNR {last.psnr.toFixed(2)}{" "}
        dB
      </p>
      <Chart
        label="Recognition loss by step"
        options={options}
        figures={{ titles: ["step", "loss", "recognition loss", "PSNR (dB)"], rows }}
      />
    </div>
  );
}

/** ", 20 s left" while a training runs. */
function timeLeft(step: number, of: number): string {
  if (!training.value || step === of) return "";
  const each = (performance.now() - training.value.since) / step;
  return `, ${Math.ceil((each * (of - step)) / 1000)} s left`;
}
