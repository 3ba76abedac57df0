import { createServer } from 'node:net';

/** A receiver that takes every request and never answers. Runs in a process of its own; prints its port. */
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
process.stdin.on('end', () => process.exit()).resume();
