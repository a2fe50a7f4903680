import { Choice } from "../../widgets/choice.js";
import type { ChangeMap } from "./change-map.js";
import { chooseHeat, heatChoice } from "./heat-maps.js";
import { predictions } from "./state.js";

interface HeatProps {
  /** Where processing for machines differs from plain; absent if one of them is missing. */
  readonly change: ChangeMap | undefined;
}

/** Chooses what lies over the image. */
export function HeatChoice({ change }: HeatProps) {
  const judges = predictions.value.map(({ recognizer }) => recognizer);
  const choose = (value: string) => {
    const judge = judges.find(({ id }) => `${id}` === value);
    chooseHeat(judge ?? (value === "change" ? "change" : "none"));
  };
  const choices = [
    { value: "none", text: "none" },
    ...(change ? [{ value: "change", text: `change by ${change.label}` }] : []),
    ...judges.map(({ id, name }) => ({ value: id, text: `gradient of ${name}` })),
  ];
  return <Choice name="Heat map" choices={choices} value={heatChoice.value} onChoose={choose} />;
}

/** The scale of the heat map, and what it shows. */
export function HeatNote({ change }: HeatProps) {
  const choice = heatChoice.value;
  if (choice === "none") return null;
  const [least, most, text] =
    choice === "change"
      ? [
          "0",
          `${change?.top ?? 0} of 255`,
          `The largest difference from “plain” among the channels of each pixel of “${change?.label}”. The lightest pixels differ by the amount at the right or more.`,
        ]
      : [
          "none",
          "strongest 1 %",
          "How strongly each pixel of the recognizer's center crop changes its loss for the class it predicts. Each version has its own scale.",
        ];
  return (
    <div class="heat-note">
      <p class="heat-scale" aria-hidden="true">
        <span>{least}</span>
        <span class="heat-colors" />
        <span>{most}</span>
      </p>
      <p>{text}</p>
    </div>
  );
}
