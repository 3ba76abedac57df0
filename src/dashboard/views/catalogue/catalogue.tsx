export function Catalogue(_props: { readonly type?: string | undefined }) {
  return <h1 tabIndex={-1}>Catalogue</h1>;
}
