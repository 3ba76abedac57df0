export function LiveTail(_props: { readonly filter: object }) {
  return <h1 tabIndex={-1}>LiveTail</h1>;
}
