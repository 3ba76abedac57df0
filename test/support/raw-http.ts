import { connect } from 'node:net';

/** Bytes on a connection of their own, and what came back before it ended. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Whether the connection ended before all of it had come. */
  readonly isCut: boolean;
}

/** Longer than the server lets anyone wait for anything. */
const PATIENCE_MS = 60_000;

/** Room for that of an answer, and of a 100 before it. */
const HEADS = 4_096;
const STREAM = /^content-type: text\/event-stream.*\r\n\r\n/ims;

/**
 * Sends `bytes` and reads until the server closes. Of a stream without an end no more is read than its head.
 * @param isAll closes our side, where the server may wait for more: Node then leaves out an answer that is not ready.
 * @returns none for what never became a request, several where it was several.
 */
export async function exchange(port: number, bytes: Buffer, isAll: boolean): Promise<readonly RawAnswer[]> {
  const socket = connect(port, '127.0.0.1');
  let received: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (STREAM.test(received.toString('latin1', 0, HEADS))) socket.destroy();
  });
  // A server that refuses early closes while we still write.
  socket.on('error', () => {});
  const deadline = setTimeout(() => socket.destroy(), PATIENCE_MS);
  if (isAll) socket.end(bytes);
  else socket.write(bytes);
  // Not events.once: it would reject with what is no more than an early end.
  await new Promise((resolve) => socket.once('close', resolve));
  clearTimeout(deadline);
  return answersIn(received);
}

function answersIn(bytes: Buffer): readonly RawAnswer[] {
  const head = headOf(bytes);
  if (head === undefined) {
    if (bytes.length > 0) throw new Error(`no HTTP: ${bytes.toString('latin1', 0, 200)}`);
    return [];
  }
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const rest = bytes.subarray(head.length + 4);
  if (status < 200) return answersIn(rest);
  const { length, ...framing } = framed(rest, headers);
  return [{ status, headers, ...framing }, ...answersIn(rest.subarray(length))];
}

function headOf(bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? undefined : bytes.toString('latin1', 0, end);
}

/** A body by its framing; to a HEAD there is none, whatever its length is said to be. */
function framed(
  rest: Buffer,
  headers: Headers,
): Pick<RawAnswer, 'body' | 'isCut'> & { readonly length: number } {
  // It was left.
  if (headers.get('content-type') === 'text/event-stream') {
    return { body: Buffer.alloc(0), isCut: false, length: rest.length };
  }
  if (headers.get('transfer-encoding') === 'chunked') return chunked(rest);
  const isHead = rest.subarray(0, 5).toString() === 'HTTP/';
  const said = isHead ? 0 : Number(headers.get('content-length') ?? 0);
  const body = rest.subarray(0, said);
  return { body, isCut: body.length < said && body.length > 0, length: body.length };
}

function chunked(rest: Buffer) {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    if (lineEnd < 0 || !(size > 0)) {
      return { body: Buffer.concat(chunks), isCut: size !== 0, length: rest.length };
    }
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
