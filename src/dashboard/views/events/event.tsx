export function EventPage(_props: { readonly id: string }) {
  return <h1 tabIndex={-1}>EventPage</h1>;
}
