import { type KeyPath, pathKey } from './key-path.ts';

/** Keys whose values are never shown, nor anything below them. */
const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set(['secret', 'token', 'password', 'headers']);
const MAX_SHOWN = 60;

/**
 * What an issue says it got at `path`: the value as far as it can be no secret. What came from the environment,
 * and what stands under a key such as `secret`, is only named by its kind.
 */
export function showValue(
  value: unknown,
  path: KeyPath,
  variablesAt: ReadonlyMap<string, readonly string[]>,
): string {
  const variables = variablesAt.get(pathKey(path));
  if (variables !== undefined) return `what ${variables.map((name) => `\${${name}}`).join(' and ')} holds`;
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (an empty value)';
  if (path.some((part) => SECRET_KEYS.has(part))) return kindOf(value);
  switch (typeof value) {
    case 'string':
      return showText(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return kindOf(value);
  }
}

/** A text in quotes; credentials and query values of a URL are masked, a long one is cut. */
function showText(text: string): string {
  const masked = text.replace(/(:\/\/)[^/?#]*@/g, '$1***@').replace(/([?&][^=&#]*=)[^&#]*/g, '$1***');
  return JSON.stringify(masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked);
}

function kindOf(value: unknown): string {
  if (value === '') return 'an empty text';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text (not shown)';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'object':
      return 'a mapping';
    default:
      return `a ${typeof value}`;
  }
}
