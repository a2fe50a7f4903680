interface ChoiceProps {
  readonly name: string;
  readonly choices: readonly { readonly value: string | number; readonly text: string }[];
  readonly value: string | number;
  readonly class?: string;
  /** Gets the value of the chosen one as text. */
  onChoose(value: string): void;
}

/** A labeled list of which one is chosen. */
export const Choice = ({ name, choices, value, onChoose, ...rest }: ChoiceProps) => (
  <label {...rest}>
    {name}
    <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.text}
        </option>
      ))}
    </select>
  </label>
);
