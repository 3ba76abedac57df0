import type { TelephonyOptions } from './options.ts';

/** Whose channel it is, read from its name. */
export type Device =
  | { readonly kind: 'extension'; readonly endpoint: string; readonly extension: string }
  | { readonly kind: 'outside'; readonly endpoint: string }
  /** One half of a Local pair: not a party, but a wire between two places of the dial plan. */
  | { readonly kind: 'local'; readonly pair: string; readonly half: 1 | 2 }
  /** The PBX's own helpers: announcers, recorders, stand-ins. */
  | { readonly kind: 'helper' };

/** Technologies of channels that no device stands behind. */
const HELPERS: ReadonlySet<string> = new Set([
  'Announcer',
  'AsyncGoto',
  'AudioSocket',
  'Bridge',
  'CBAnn',
  'CBRec',
  'Message',
  'MulticastRTP',
  'OutgoingSpoolFailed',
  'Recorder',
  'Snoop',
  'Surrogate',
  'UnicastRTP',
  'WebSocket',
]);

/** Reads names of channels and devices by the rules of one PBX. */
export interface DeviceReader {
  /** Of `PJSIP/1001-00000001`, `DAHDI/i1/5551234-3`, `Local/1001@agents-00000001;2`. */
  ofChannel(name: string): Device;
  /** Of a name without the running number: `PJSIP/1001`, `Local/1001@agents/n`. */
  ofDevice(name: string): Device;
  /** The extension that an endpoint or a number stands for. */
  extension(name: string): string | undefined;
}

export function createDeviceReader(
  options: Pick<TelephonyOptions, 'extensionPattern' | 'trunks'>,
): DeviceReader {
  const trunks: ReadonlySet<string> = new Set(options.trunks);
  const { source, flags } = options.extensionPattern;
  // With the g or y flag each test would begin where the last one ended.
  const pattern = new RegExp(source, flags.replace(/[gy]/g, ''));

  function extension(name: string): string | undefined {
    const match = pattern.exec(name);
    return match === null ? undefined : (match[1] ?? match[0]);
  }

  function read(name: string, running: boolean): Device {
    const slash = name.indexOf('/');
    const technology = slash === -1 ? '' : name.slice(0, slash);
    if (technology === 'Local') return localDevice(name);
    if (HELPERS.has(technology)) return { kind: 'helper' };
    const endpoint = endpointOf(technology, name.slice(slash + 1), running);
    if (trunks.has(endpoint) || trunks.has(`${technology}/${endpoint}`)) return { kind: 'outside', endpoint };
    const number = extension(endpoint);
    return number === undefined
      ? { kind: 'outside', endpoint }
      : { kind: 'extension', endpoint, extension: number };
  }

  return {
    ofChannel: (name) => read(name, true),
    ofDevice: (name) => read(name, false),
    extension,
  };
}

function localDevice(name: string): Device {
  const semicolon = name.lastIndexOf(';');
  if (semicolon === -1) return { kind: 'local', pair: name, half: 1 };
  return { kind: 'local', pair: name.slice(0, semicolon), half: name[semicolon + 1] === '2' ? 2 : 1 };
}

/** What stands between the technology and the running number; of `DAHDI/i1/5551234-3` the span. */
function endpointOf(technology: string, rest: string, running: boolean): string {
  const dash = running ? rest.lastIndexOf('-') : -1;
  const endpoint = dash <= 0 ? rest : rest.slice(0, dash);
  if (technology !== 'DAHDI') return endpoint;
  const slash = endpoint.indexOf('/');
  return slash === -1 ? endpoint : endpoint.slice(0, slash);
}
