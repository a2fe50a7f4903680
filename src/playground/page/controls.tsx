import { Choice } from "../../widgets/choice.js";
import { processImage } from "./pipeline.js";
import { balance, chosenSize, chosenTask, degraded, size, sizes, strength, taskChoices, taskKey } from "./state.js";

/** Chooses the task, whether the image is degraded first, and for whom the result is. */
export function Controls() {
  const chosen = chosenTask.value;
  if (!chosen) return <p class="notice">There is no processor yet. Drop one (ONNX) on the page.</p>;
  return (
    <section class="card" aria-labelledby="controls-title">
      <h2 id="controls-title">Processing</h2>
      <Choice
        class="field"
        name="Task"
        choices={taskChoices.value.map(({ key, title }) => ({ value: key, text: title }))}
        value={chosen.key}
        onChoose={(key) => {
          taskKey.value = key;
          processImage();
        }}
      />
      {sizes.value.length > 1 && <SizeChoice />}
      <fieldset class="field">
        <legend>The image is</legend>
        <SourceChoice text="good: degrade it, and compare with the original" value={true} />
        <SourceChoice text="bad: process it as it is" value={false} />
      </fieldset>
      {degraded.value && chosen.task !== "sr" && <Strength task={chosen.task} />}
      <Balance />
    </section>
  );
}

const SIZE_TITLES: Readonly<Record<string, string>> = { s: "small: fast", m: "medium: better" };

const SizeChoice = () => (
  <Choice
    class="field"
    name="Model"
    choices={sizes.value.map((each) => ({ value: each, text: SIZE_TITLES[each] ?? each }))}
    value={chosenSize.value ?? ""}
    onChoose={(chosen) => {
      size.value = chosen;
      processImage();
    }}
  />
);

const SourceChoice = ({ text, value }: { readonly text: string; readonly value: boolean }) => (
  <label class="choice">
    <input
      type="radio"
      name="source"
      checked={degraded.value === value}
      onChange={() => {
        degraded.value = value;
        processImage();
      }}
    />
    {text}
  </label>
);

/** The ranges that the packaged models were trained for. */
const RANGES = {
  denoise: { title: "Noise (standard deviation)", min: 0.02, max: 0.15, step: 0.01 },
  jpeg: { title: "JPEG quality", min: 5, max: 40, step: 1 },
} as const;

function Strength({ task }: { readonly task: "denoise" | "jpeg" }) {
  const { title, ...range } = RANGES[task];
  const value = strength.value[task];
  return (
    <label class="field">
      <span>
        {title} <output>{value}</output>
      </span>
      <input
        type="range"
        {...range}
        value={value}
        onInput={({ currentTarget }) => {
          strength.value = { ...strength.value, [task]: Number(currentTarget.value) };
        }}
        onChange={() => processImage()}
      />
    </label>
  );
}

/** From plain to ra: weights between those of both models. */
const Balance = () => (
  <div class="field balance">
    <label for="balance">
      Balance <output>{balance.value}</output>
    </label>
    <input
      id="balance"
      type="range"
      min={0}
      max={1}
      step={0.1}
      value={balance.value}
      aria-describedby="balance-ends"
      onInput={({ currentTarget }) => {
        balance.value = Number(currentTarget.value);
      }}
      onChange={() => processImage()}
    />
    <p id="balance-ends">
      <span class="people">0: for people</span>
      <span class="machines">1: for machines</span>
    </p>
  </div>
);
