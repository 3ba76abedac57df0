/** A whole document for a machine. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

/** The answer of the API as it is for a machine, its sentence for a person. */
export function printDone(answer: { readonly message: string }, json: true | undefined): void {
  if (json) printJson(answer);
  else console.log(answer.message);
}
