/**
 * Promotion: which spans of GenAI instrumentations are AI decisions of a workflow, though nothing on them says so. One rule
 * for the daemon that takes such spans over OTLP, and for the package that sees them in the service.
 */
import Type, { type Static } from 'typebox';
import { WorkflowId } from './fields.ts';
import { actorNameOf, operationOf } from './genai-span.ts';
import { RiskTier, Route } from './words.ts';

const closed = { additionalProperties: false };
const Line = (description: string) => Type.String({ minLength: 1, maxLength: 200, description });

/** Of `gen_ai.operation.name`: those that can be a decision. */
export const PromotedOperation = Type.Enum(
  ['execute_tool', 'invoke_agent', 'invoke_workflow', 'chat', 'generate_content', 'text_completion'],
  { description: 'gen_ai.operation.name of the span.' },
);
export type PromotedOperation = Static<typeof PromotedOperation>;

const fields = {
  operation: PromotedOperation,
  name: Type.Optional(Line('gen_ai.tool.name of execute_tool, else gen_ai.agent.name, exactly; any when left out.')),
  risk_tier: RiskTier,
  reversible: Type.Boolean({ description: 'Whether what the AI did can be taken back.' }),
  route: Type.Optional(Route),
  model: Type.Optional(Line('What the model is called; otherwise what the span says.')),
  label_from: Type.Optional(Line('Attribute that holds the output; otherwise the name of the tool or the agent.')),
};

/** As a policy has it, for its own workflow. */
export const Promotion = Type.Object(fields, closed);
export type Promotion = Static<typeof Promotion>;

export const PromoteRule = Type.Object({ workflow: WorkflowId, ...fields }, closed);
export type PromoteRule = Static<typeof PromoteRule>;

/** The first rule that fits the span; null when none does. */
export function promoted(
  rules: readonly PromoteRule[],
  attributes: Readonly<Record<string, unknown>>,
): PromoteRule | null {
  const operation = operationOf(attributes);
  const fits = (rule: PromoteRule) =>
    rule.operation === operation && (rule.name === undefined || rule.name === actorNameOf(rule.operation, attributes));
  return rules.find(fits) ?? null;
}

/** Whether the AI carried it out itself: a tool that was executed was executed; of the others nothing says so. */
export const routeOf = ({ operation, route }: Promotion): Route =>
  route ?? (operation === 'execute_tool' ? 'auto' : 'human');
