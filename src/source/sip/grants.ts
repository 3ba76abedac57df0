import { contactKey, parseSipUri } from './address.ts';

/** A contact of a REGISTER or of its answer. */
export interface Binding {
  readonly uri: string;
  readonly seconds: number | undefined;
  readonly instance: string | undefined;
}

/** Where a request came from, as the server saw it. */
export interface Origin {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** A contact as its device writes it; undefined for one that no device was seen to ask for. */
export type Written = (uri: string) => string | undefined;

export interface Grants {
  readonly of: ReadonlyMap<Binding, Binding>;
  /** What the registrar lists beside. */
  readonly others: readonly Binding[];
}

/** Which of the bindings that a registrar lists is the grant of which that was asked for. */
export function grantsOf(
  asked: readonly Binding[],
  listed: readonly Binding[],
  origin: Origin,
  written: Written,
): Grants {
  const left = new Map(listed.map((one) => [contactKey(one.uri), one]));
  const of = new Map<Binding, Binding>();
  for (const binding of asked) take(of, binding, left, contactKey(binding.uri));
  const [lost, ...more] = asked.filter((one) => one.seconds !== 0 && !of.has(one));
  if (lost !== undefined && more.length === 0) {
    const rewritten = rewrittenOf(lost, [...left.values()], origin, written);
    if (rewritten !== undefined) take(of, lost, left, contactKey(rewritten.uri));
  }
  const byDevice = new Map([...left.values()].map((one) => [deviceKey(one, written), one]));
  for (const binding of asked) take(of, binding, byDevice, contactKey(binding.uri));
  return { of, others: [...byDevice.values()].filter(({ seconds }) => seconds !== 0) };
}

function take(of: Map<Binding, Binding>, binding: Binding, from: Map<string, Binding>, key: string): void {
  const grant = from.get(key);
  from.delete(key);
  if (grant !== undefined && !of.has(binding)) of.set(binding, grant);
}

/** A registrar may list a device behind NAT where it sees it, instead of where the device says that it is. */
function rewrittenOf(
  lost: Binding,
  listed: readonly Binding[],
  origin: Origin,
  written: Written,
): Binding | undefined {
  const strangers = listed.filter(({ uri, seconds }) => seconds !== 0 && written(uri) === undefined);
  const sender = strangers.find((one) => isAt(one, origin));
  if (sender !== undefined || strangers.length !== 1) return sender;
  const key = contactKey(lost.uri);
  return listed.some((one) => deviceKey(one, written) === key) ? undefined : strangers[0];
}

function deviceKey({ uri }: Binding, written: Written): string {
  return contactKey(written(uri) ?? uri);
}

function isAt({ uri }: Binding, { address, port }: Origin): boolean {
  const parsed = parseSipUri(uri);
  return address !== undefined && parsed?.host === address && (parsed.port ?? 5060) === port;
}
