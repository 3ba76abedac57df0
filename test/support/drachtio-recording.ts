import { readFileSync } from 'node:fs';

/** What a real drachtio-server and an application said to each other, frame by frame. */
export interface RecordedFrame {
  readonly from: 'server' | 'application';
  readonly text: string;
}

export function readRecording(): readonly RecordedFrame[] {
  const file = new URL('../fixtures/sip/drachtio-session.txt', import.meta.url);
  const [, ...blocks] = readFileSync(file, 'utf8').split(/^(?=APP->SRV|SRV->APP)/m);
  return blocks.map((block) => {
    const [head = '', ...lines] = block.trimEnd().split('\n');
    const hasMessage = lines.length > 1;
    const text = lines.map((line) => line.replace(/\\r\\n$/, '')).join('\r\n');
    return {
      from: head.startsWith('APP') ? 'application' : 'server',
      text: hasMessage ? `${text}\r\n` : text,
    };
  });
}
