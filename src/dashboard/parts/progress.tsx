/** Work whose end is not known: how far it is stands beside it. */
export function Progress({ label }: { readonly label: string }) {
  return (
    <div class="progress" role="status">
      <span class="progress-bar" />
      <span class="small muted number">{label}</span>
    </div>
  );
}
