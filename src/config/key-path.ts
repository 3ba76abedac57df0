/** Where in a configuration: keys and positions in lists, outermost first. */
export type KeyPath = readonly PropertyKey[];

/** `['features', 'webhooks', 'subscriptions', 0, 'url']` as `features.webhooks.subscriptions[0].url`. */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = String(part);
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** Something to find a path by in a Map or Set. */
export function pathKey(path: KeyPath): string {
  return path.map(String).join('\0');
}
