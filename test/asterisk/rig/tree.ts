import { cachedFolder, install as installDebian } from '../../support/debian.ts';

/** Where each Asterisk comes from: the suite of Debian that carries it, what to take, and where its modules are. */
const ORIGINS = {
  22: {
    suite: 'sid',
    modules: '/usr/lib/x86_64-linux-gnu/asterisk/modules',
    packages: ['asterisk', 'asterisk-modules', 'asterisk-config', 'asterisk-core-sounds-en-gsm'],
  },
  16: {
    suite: 'bullseye',
    modules: '/usr/lib/asterisk/modules',
    packages: [
      'asterisk',
      'asterisk-modules',
      'asterisk-config',
      'asterisk-voicemail',
      'asterisk-core-sounds-en-gsm',
    ],
  },
} as const;

export type AsteriskVersion = keyof typeof ORIGINS;

/** Every version that the tests run with: the newest, and the oldest that is supported. */
export const ASTERISK_VERSIONS: readonly AsteriskVersion[] = [22, 16];

function nameOf(version: AsteriskVersion): string {
  return `asterisk-${version}`;
}

/** The folder that holds (or will hold) a small Debian with this Asterisk in it; about 500 MB. */
export function treeFolder(version: AsteriskVersion): string {
  return cachedFolder(nameOf(version));
}

/** Where the modules are, as a path of the tree. */
export function modulesFolder(version: AsteriskVersion): string {
  return ORIGINS[version].modules;
}

/** Installs an Asterisk unless it is there; `report` gets a line now and then. Needs root and debootstrap. */
export function install(version: AsteriskVersion, report: (line: string) => void): Promise<void> {
  const { suite, packages } = ORIGINS[version];
  return installDebian({ name: nameOf(version), suite, packages }, report);
}
