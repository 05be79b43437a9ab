/** What policies say of their workflows as TypeScript, for the typed functions of @countersign/otel-instrumentation. Pure. */
import type { FeatureKind, Policy } from '@countersign/contract';
import { comment, keyOf, literalType, typeOfSchema, union } from './schema-types.ts';

/** A module with an interface a policy. Throws when two workflows would have the same name in it. */
export function policyTypes(policies: readonly Policy[]): string {
  const names = policies.map(({ workflow }) => typeName(workflow));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two workflows would be called ${twice}; print them apart`);
  return `// Printed by "countersign policy types". Do not edit.
import type { WorkflowTypes } from '@countersign/otel-instrumentation';

${policies.map(interfaceOf).join('\n')}`;
}

/** `mail-moderation` is `MailModeration`; one that begins with a digit gets a letter first. */
export const typeName = (workflow: string): string =>
  workflow
    .replaceAll(/(?:^|-+)([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^(?=[0-9])/, 'Workflow');

function interfaceOf({ workflow, title, loop, review }: Policy): string {
  const fields: [name: string, type: string][] = [
    ['workflow', literalType(workflow)],
    ['label', union(review.labels.map(literalType))],
    ['reasonCode', union(review.reason_codes.map(literalType))],
    ['model', union(loop.decision_points.map(({ model }) => literalType(model)))],
  ];
  if (review.output !== undefined) fields.push(['value', typeOfSchema(review.output, '  ')]);
  if (loop.features !== undefined) fields.push(['features', featuresType(loop.features)]);
  const lines = fields.map(([name, type]) => `  readonly ${name}: ${type};\n`);
  return `${comment(title)}\nexport interface ${typeName(workflow)} extends WorkflowTypes {\n${lines.join('')}}\n`;
}

/** All of them, so that none is forgotten; one whose value is not known is null. */
function featuresType(features: Readonly<Record<string, FeatureKind>>): string {
  const lines = Object.entries(features).map(([name, kind]) => {
    const type = typeof kind === 'string' ? kind : union(kind.map(literalType));
    return `    readonly ${keyOf(name)}: ${type} | null;\n`;
  });
  return `{\n${lines.join('')}  }`;
}
