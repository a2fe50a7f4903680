/** The names most like the one that was asked for: those that contain it, then those with the fewest letters changed. */
export const nearestNames = (asked: string, names: readonly string[], count: number): string[] =>
  names
    .map((name) => ({ name, ...likeness(asked.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => Number(b.contains) - Number(a.contains) || a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);

const likeness = (asked: string, name: string) => ({
  contains: name.includes(asked),
  distance: editDistance(asked, name),
});

/** Letters to insert, delete or replace to make one text of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + Number(letter !== to[j])));
    row = next;
  }
  return row[to.length] ?? 0;
}
