/**
 * What drachtio-server and its applications say to each other (drachtio-server 0.8 and 0.9): lines of fields between
 * bars, most of them followed by a SIP message. An application's frames are answered under their own ids.
 */
export type IncomingFrame =
  | {
      /** A message from the network, or one that the server itself sent for the application. */
      readonly kind: 'sip';
      readonly source: 'network' | 'application';
      readonly address: string | undefined;
      readonly port: number | undefined;
      readonly transactionId: string;
      readonly raw: string;
    }
  | {
      /** Answer to a frame of the application: what was sent, or what a proxied request brought. */
      readonly kind: 'answer';
      readonly to: string;
      readonly isOk: boolean;
      /** The last answer that a proxied request brings. */
      readonly isDone: boolean;
      readonly address: string | undefined;
      readonly transactionId: string | undefined;
      readonly raw: string | undefined;
    }
  | {
      readonly kind: 'cdr';
      readonly what: 'attempt' | 'start' | 'stop';
      readonly source: 'network' | 'application';
      readonly raw: string;
    };

export type OutgoingFrame =
  | {
      readonly kind: 'sip';
      /** Of the request that is answered or cancelled; undefined for a new one. */
      readonly transactionId: string | undefined;
      /** Of the dialog that a request is sent in; undefined for none. */
      readonly dialogId: string | undefined;
      readonly raw: string;
    }
  | {
      readonly kind: 'proxy';
      readonly transactionId: string;
      readonly isSimultaneous: boolean;
      readonly destinations: readonly string[];
    };

/** Undefined for a frame that tells nothing of calls or registrations. */
export function parseIncoming(frame: string): IncomingFrame | undefined {
  const [fields, raw] = split(frame);
  const source = fields[2] === 'application' ? 'application' : 'network';
  switch (fields[1]) {
    case 'sip': {
      if (raw === undefined) return undefined;
      const [address, port, , transactionId = ''] = fields.slice(5);
      return { kind: 'sip', source, address, port: portOf(port), transactionId, raw };
    }
    case 'response':
      return {
        kind: 'answer',
        to: fields[2] ?? '',
        isOk: fields[3] === 'OK',
        isDone: fields[4] === 'done',
        address: fields[7] || undefined,
        transactionId: fields[10] || undefined,
        raw,
      };
    case 'cdr:attempt':
    case 'cdr:start':
    case 'cdr:stop':
      if (raw === undefined) return undefined;
      return { kind: 'cdr', what: CDRS[fields[1]], source, raw };
    default:
      return undefined;
  }
}

const CDRS = { 'cdr:attempt': 'attempt', 'cdr:start': 'start', 'cdr:stop': 'stop' } as const;

/** @param frame without the id that goes before it on the wire. */
export function parseOutgoing(frame: string): OutgoingFrame | undefined {
  const [fields, raw] = split(frame);
  const transactionId = fields[1] || undefined;
  if (fields[0] === 'sip' && raw !== undefined) {
    return { kind: 'sip', transactionId, dialogId: fields[2] || undefined, raw };
  }
  if (fields[0] !== 'proxy' || transactionId === undefined) return undefined;
  const [isSimultaneous, destinations] = [fields[5] === 'simultaneous', fields.slice(8)];
  return { kind: 'proxy', transactionId, isSimultaneous, destinations };
}

function split(frame: string): readonly [fields: readonly string[], raw: string | undefined] {
  const end = frame.indexOf('\r\n');
  const line = end === -1 ? frame : frame.slice(0, end);
  return [line.split('|'), end === -1 ? undefined : frame.slice(end + 2)];
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return port > 0 && port <= 65_535 ? port : undefined;
}
