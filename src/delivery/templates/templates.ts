import type { TemplateName } from '../../model/subscription-options.ts';
import { discord } from './discord.ts';
import { genericCrm } from './generic-crm.ts';
import { hubspot } from './hubspot.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import type { Template } from './template.ts';
import { zapier } from './zapier.ts';

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  slack,
  teams,
  discord,
  hubspot,
  zapier,
  pagerduty,
  ntfy,
  'generic-crm': genericCrm,
};
