/** The names most similar to a name: those that contain it, then those with the smallest edit distance. */
export const nearestNames = (query: string, names: readonly string[], count: number): string[] =>
  names
    .map((name) => ({ name, ...similarity(query.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => Number(b.contains) - Number(a.contains) || a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);

const similarity = (query: string, name: string) => ({
  contains: name.includes(query),
  distance: editDistance(query, name),
});

/** The number of letters to insert, delete or replace to turn one text into the other (Levenshtein). */
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
