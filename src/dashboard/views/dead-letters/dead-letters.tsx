export function DeadLetters(_props: { readonly filter: object }) {
  return <h1 tabIndex={-1}>DeadLetters</h1>;
}
