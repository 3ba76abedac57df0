export function Calls(_props: object) {
  return <h1 tabIndex={-1}>Calls</h1>;
}
