/** What puts each defect of the predecessor back. */

import { answerDefects } from './answers.ts';
import type { Defect } from './defect.ts';
import { frontDefects } from './front.ts';
import { outputDefects } from './output.ts';
import { requestDefects } from './requests.ts';
import { scriptDefects } from './scripts.ts';
import { survivalDefects } from './survival.ts';
import { usageDefects } from './usage.ts';

export const defects: readonly Defect[] = [
  ...answerDefects,
  ...outputDefects,
  ...requestDefects,
  ...survivalDefects,
  ...frontDefects,
  ...usageDefects,
  ...scriptDefects,
];
