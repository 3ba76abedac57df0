#!/usr/bin/env node
import { EXIT, failureOf } from './exit.ts';
import { createProgram } from './program.ts';

// Whoever read our output has read enough (`| head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    console.error(`pbx-webhooks: cannot write to standard output: ${error.message}`);
    process.exitCode = EXIT.failed;
  }
  process.exit();
});

try {
  await createProgram().parseAsync();
} catch (error) {
  const { code, lines } = failureOf(error);
  for (const line of lines) console.error(line);
  process.exitCode = code;
}
process.exit();
