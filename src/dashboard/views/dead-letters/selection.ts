/** Which dead letters are chosen: some by their ids, or all that match the filter, also those not loaded yet. */
export type Selection =
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<number> }
  | { readonly kind: 'all' };

export const NOTHING: Selection = { kind: 'ids', ids: new Set() };

export function isChosen(selection: Selection, id: number): boolean {
  return selection.kind === 'all' || selection.ids.has(id);
}

/** With one more, or one less; who takes one away from all goes on with the others that are shown. */
export function withChosen(
  selection: Selection,
  id: number,
  on: boolean,
  shown: readonly number[],
): Selection {
  const ids = new Set(selection.kind === 'all' ? shown : selection.ids);
  if (on) ids.add(id);
  else ids.delete(id);
  return { kind: 'ids', ids };
}

/** As many ids as the API takes at once. */
const MOST_IDS = 200;

export function chunksOf(ids: ReadonlySet<number>): readonly (readonly number[])[] {
  const all = [...ids];
  return Array.from({ length: Math.ceil(all.length / MOST_IDS) }, (_, index) =>
    all.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
}
