import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEGABYTES = 192;
/** Nobody writes meanwhile, but the file system itself may. */
const MOST_COPIES = 20;

/**
 * A file system in a file: what programs wrote and did not sync is in memory and not in the file, so that a copy of the
 * file is what a power cut leaves.
 */
export class DiskImage {
  readonly #file: string;
  readonly folder: string;

  private constructor(file: string) {
    this.#file = file;
    this.folder = `${file}.mounted`;
    mkdirSync(this.folder);
    // Nothing is written by itself within a test.
    execFileSync('mount', ['-o', 'loop,commit=300', file, this.folder], { stdio: 'pipe' });
  }

  static empty(file: string): DiskImage {
    execFileSync('truncate', ['-s', `${MEGABYTES}M`, file]);
    execFileSync('mkfs.ext4', ['-q', file], { stdio: 'pipe' });
    return new DiskImage(file);
  }

  /** The disk as it is when the power fails now, and the machine has started anew. */
  afterPowerCut(file: string): DiskImage {
    for (let copies = 0; copies < MOST_COPIES; copies += 1) {
      execFileSync('cp', ['--sparse=always', this.#file, file]);
      // Written to while it was copied, it would be no state that the disk ever was in.
      if (spawnSync('cmp', ['-s', this.#file, file]).status === 0) return new DiskImage(file);
    }
    throw new Error('the disk never came to rest');
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.#file);
  }
}

/** Whether this machine lets one be mounted: it takes root and a loop device. */
export const canMountImages = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-image-'));
  try {
    DiskImage.empty(join(folder, 'probe')).remove();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();
