/** Writes the generated files anew: run after a change of the config's schema, the event catalogue or the version. */
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './generated.ts';

for (const { url, text } of await generatedFiles()) await writeFile(url, text);
