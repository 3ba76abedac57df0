import type { TestProject } from 'vitest/node';
import { whyNoTools } from '../support/tools.ts';

export default function setup({ vitest }: TestProject): void {
  if (whyNoTools !== undefined) vitest.logger.log(`[docs] ${whyNoTools}`);
}
