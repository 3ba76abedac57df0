import type { z } from 'zod';
import type { OperationKey, Operations } from '../operations/operations.ts';

type Part = 'path' | 'query' | 'headers' | 'body';

/** What a call takes: the parts that the table has of it, those without a required field optional. */
export type RequestOf<Key extends OperationKey> = PartOf<Key, 'path'> &
  PartOf<Key, 'query'> &
  PartOf<Key, 'headers'> &
  PartOf<Key, 'body'> & { readonly signal?: AbortSignal | undefined };

export type RequestArgument<Key extends OperationKey> =
  Partial<RequestOf<Key>> extends RequestOf<Key> ? [request?: RequestOf<Key>] : [request: RequestOf<Key>];

type PartOf<Key extends OperationKey, Name extends Part> =
  IsNothing<Given<Key, Name>> extends true
    ? unknown
    : MayBeLeftOut<Given<Key, Name>, Name> extends true
      ? { readonly [One in Name]?: Given<Key, Name> | undefined }
      : { readonly [One in Name]: Given<Key, Name> };

type Given<Key extends OperationKey, Name extends Part> = Name extends 'body'
  ? z.input<Operations[Key]['body']>
  : Written<z.input<Operations[Key][Name]>>;

/** In a URL a number stands as its digits, a list with commas. */
type Written<Fields> = {
  readonly [Field in keyof Fields]:
    | Fields[Field]
    | (string extends Fields[Field] ? number | readonly (string | number)[] : never);
};

/** A schema without a key gives an object that takes none; the body of a call without one is undefined. */
type IsNothing<Value> = [Value] extends [undefined] ? true : string extends keyof Value ? true : false;

type MayBeLeftOut<Value, Name extends Part> = Name extends 'body'
  ? undefined extends Value
    ? true
    : false
  : Partial<Value> extends Value
    ? true
    : false;

/** Any request, as it is written out. */
export interface AnyRequest {
  readonly path?: Fields | undefined;
  readonly query?: Fields | undefined;
  readonly headers?: Fields | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where a call goes, and how; lists are written with commas. */
export function written(
  key: OperationKey,
  { path = {}, query = {}, headers = {}, body, signal }: AnyRequest,
): { readonly path: string; readonly init: RequestInit & { readonly headers: Headers } } {
  const [method = '', template = ''] = key.split(' ');
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams(given(query)).toString();
  const all = new Headers(given(headers));
  if (body !== undefined) all.set('Content-Type', 'application/json');
  return {
    path: filled.replace(/^\/$/, '') + (search === '' ? '' : `?${search}`),
    init: {
      method,
      headers: all,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    },
  };
}

function given(fields: Fields): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
}
