/// <reference lib="dom" />

export interface PredictedClass {
  readonly name: string;
  /** 0 to 1. */
  readonly probability: number;
}

interface BarsProps {
  readonly predictions: readonly PredictedClass[];
  /** The class that is right, which is marked. */
  readonly truth?: string | undefined;
}

/** The most probable classes with bars of their probabilities. */
export const PredictionBars = ({ predictions, truth }: BarsProps) => (
  <ol class="bars">
    {predictions.map(({ name, probability }) => (
      <li key={name} class={name === truth ? "truth" : ""}>
        <span class="bar" style={{ width: `${Math.max(1, 100 * probability)}%` }} />
        <span class="bar-name">
          {name}
          {name === truth && <span class="unseen"> (as in the original)</span>}
        </span>
        <span class="bar-share">{Math.round(100 * probability)} %</span>
      </li>
    ))}
  </ol>
);
