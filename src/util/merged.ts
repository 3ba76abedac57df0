/** Two sorted lists as one, read no further than asked. */
export function* merged<T>(
  one: Iterator<T>,
  other: Iterator<T>,
  isBefore: (a: T, b: T) => boolean,
): Generator<T> {
  try {
    let a = one.next();
    let b = other.next();
    while (!a.done || !b.done) {
      if (b.done || (!a.done && isBefore(a.value, b.value))) {
        if (!a.done) yield a.value;
        a = one.next();
      } else {
        yield b.value;
        b = other.next();
      }
    }
  } finally {
    one.return?.();
    other.return?.();
  }
}

export function* mapped<A, B>(list: Iterable<A>, map: (one: A) => B): Generator<B> {
  for (const one of list) yield map(one);
}
