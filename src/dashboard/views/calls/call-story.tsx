export function CallStory(_props: { readonly id: string }) {
  return <h1 tabIndex={-1}>CallStory</h1>;
}
