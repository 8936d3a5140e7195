// Prints a `.cpuprofile` as text: functions by their own time. `node bench/micro/cpu-profile.mjs FILE [ROWS]`
import { readFileSync } from 'node:fs';
const [file, rows = '40'] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));
const own = new Map();
let total = 0;
samples.forEach((id, at) => {
  const { callFrame } = byId.get(id);
  const name = `${callFrame.functionName || '(anonymous)'} ${callFrame.url.replace(/^.*\/(?=(?:node_modules|actors|http|transport|bench|testkit|machines)\/)/, '')}:${callFrame.lineNumber + 1}`;
  own.set(name, (own.get(name) ?? 0) + timeDeltas[at]);
  total += timeDeltas[at];
});
const sorted = [...own].sort((a, b) => b[1] - a[1]).slice(0, Number(rows));
for (const [name, micros] of sorted) console.log(`${((micros / total) * 100).toFixed(1).padStart(6)} %  ${name}`);
