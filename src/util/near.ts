/** The names that someone may have meant by `word`, nearest first; empty when none is near. */
export function nearNames(word: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase();
  const tolerance = Math.max(2, Math.floor(wanted.length / 3));
  return [...names]
    .map((name) => ({ name, distance: nearness(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Edits between two words; a beginning (`call.transfer` of `call.transferred`) counts as one edit. */
function nearness(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  if (shorter >= 4 && (a.startsWith(b) || b.startsWith(a))) return 1;
  // Far longer input is no typing error, and must not cost the square of its length.
  return Math.abs(a.length - b.length) > 12 ? Number.POSITIVE_INFINITY : editDistance(a, b);
}

/** Levenshtein distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const remove = (previous[column] ?? 0) + 1;
      const insert = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replace, remove, insert));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
