import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

export const HOSTS_FILE =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/** Names that this machine has of its own; read again when the file has changed. One that can't be read has none. */
export class HostsFile {
  readonly #path: string;
  #version = '';
  #names: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** `name` in lower case, without a dot at the end. */
  addresses(name: string): readonly string[] {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version !== this.#version) {
        this.#names = parse(readFileSync(this.#path, 'utf8'));
        this.#version = version;
      }
    } catch {
      this.#version = '';
      this.#names = new Map();
    }
    return this.#names.get(name) ?? [];
  }
}

function parse(text: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      const known = names.get(name);
      if (known === undefined) names.set(name, [address]);
      else known.push(address);
    }
  }
  return names;
}
