/** Settles once the text is out, so that a slow reader slows the work down, and no memory fills up. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** A whole document for a machine. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

/** The answer of the API as it is for a machine, its sentence for a person. */
export function printDone(answer: { readonly message: string }, json: true | undefined): void {
  if (json) printJson(answer);
  else console.log(answer.message);
}
