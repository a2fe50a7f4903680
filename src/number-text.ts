/** A number with this many decimals, and with its sign if it is wanted; what rounds to zero has none. */
export function numberText(value: number, digits: number, withSign = false): string {
  const text = value.toFixed(digits);
  if (Number(text) === 0) return text.replace("-", "");
  return withSign && value > 0 ? `+${text}` : text;
}

/** "+9.5", "-0.3", "0.0". */
export const signed = (value: number, digits = 1): string => numberText(value, digits, true);
