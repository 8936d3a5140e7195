// All scenarios by name. `default` is what a request without any choice gets.

import { ScenarioError } from './params.ts';
import { faultScenarios } from './scenarios-faults.ts';
import { gapScenarios } from './scenarios-gaps.ts';
import { httpScenarios } from './scenarios-http.ts';
import { limitScenarios } from './scenarios-limits.ts';
import { outputScenarios } from './scenarios-output.ts';
import type { Scenario } from './steps.ts';
import { talkScenario } from './talk.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  default: talkScenario,
  ...outputScenarios,
  ...gapScenarios,
  ...faultScenarios,
  ...httpScenarios,
  ...limitScenarios,
};

export const scenarioNames: readonly string[] = Object.keys(scenarios);

export function scenarioNamed(name: string): Scenario {
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (scenario === undefined) throw new ScenarioError(`unknown scenario ${name}; known: ${scenarioNames.join(', ')}`);
  return scenario;
}
