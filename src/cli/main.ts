#!/usr/bin/env node
import { failureOf } from './exit.ts';
import { createProgram } from './program.ts';

// Whoever read our output has read enough (`| head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  const { code, lines } = failureOf(error);
  for (const line of lines) console.error(line);
  process.exitCode = code;
}
process.exit();
