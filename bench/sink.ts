import { createServer, type Socket } from 'node:net';

/**
 * A receiver that does as little as one can: answers each POST with 204. Runs in a process of its own; prints its
 * port, and ends with its standard input.
 */
const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\nserver: sink\r\nconnection: keep-alive\r\n\r\n');
const LENGTH = 'content-length: ';

function serve(socket: Socket): void {
  let pending = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (let end = requestEnd(pending); end > 0; end = requestEnd(pending)) {
      pending = end === pending.length ? '' : pending.slice(end);
      socket.write(ANSWER);
    }
  });
}

/** Where the first request ends; 0 while it is not there in whole. */
function requestEnd(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    return 0;
  }
  const at = text.lastIndexOf(LENGTH, headEnd) + LENGTH.length;
  const end = headEnd + 4 + Number.parseInt(text.slice(at, headEnd), 10);
  return text.length >= end ? end : 0;
}

const server = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
process.stdin.on('end', () => process.exit()).resume();
