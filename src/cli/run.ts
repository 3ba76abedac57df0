import { EXIT, failureOf } from './exit.ts';
import { createProgram } from './program.ts';

/** Runs what the command line asks for, says what went wrong, and ends the process. */
export async function run(): Promise<never> {
  process.stdout.on('error', onBrokenOutput);
  try {
    const program = await createProgram(process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    const { code, lines } = failureOf(error);
    for (const line of lines) console.error(line);
    process.exitCode = code;
  }
  // Into a pipe Node writes later what does not fit now, and exit() would drop it.
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  process.exit();
}

/** Whoever read our output has read enough (`| head`): that is no error. */
function onBrokenOutput(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') {
    console.error(`pbx-webhooks: cannot write to standard output: ${error.message}`);
    process.exitCode = EXIT.failed;
  }
  process.exit();
}
