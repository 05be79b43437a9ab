/** Which spans of instrumentations are decisions: the first rule that fits, by operation and exact name. */
import { expect, it } from 'vitest';
import { promoted, routeOf, type PromoteRule } from './promote.ts';

const rule = (change: Partial<PromoteRule>): PromoteRule => ({
  workflow: 'refunds',
  operation: 'execute_tool',
  risk_tier: 'high',
  reversible: false,
  ...change,
});
const refund = rule({ name: 'send_refund' });
const anyTool = rule({ workflow: 'tools' });
const agent = rule({ operation: 'invoke_agent', name: 'triage', workflow: 'triage' });
const rules = [refund, agent, anyTool];

it.each([
  ['the tool by its name', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'send_refund' }, refund],
  [
    'another tool by the rule for all',
    { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'mail' },
    anyTool,
  ],
  ['the exact name only', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'Send_Refund' }, anyTool],
  ['a tool without a name', { 'gen_ai.operation.name': 'execute_tool' }, anyTool],
  ['an agent by its own name', { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'triage' }, agent],
  ['no agent by the name of a tool', { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.tool.name': 'triage' }, null],
  ['no other operation', { 'gen_ai.operation.name': 'chat', 'gen_ai.tool.name': 'send_refund' }, null],
  ["a tool by OpenInference's names", { 'openinference.span.kind': 'TOOL', 'tool.name': 'send_refund' }, refund],
  ["a tool by OpenLLMetry's", { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'send_refund' }, refund],
  ["an agent by OpenInference's", { 'openinference.span.kind': 'AGENT', 'agent.name': 'triage' }, agent],
  ["an agent by OpenLLMetry's", { 'traceloop.span.kind': 'agent', 'traceloop.entity.name': 'triage' }, agent],
  [
    "by OpenTelemetry's first",
    { 'gen_ai.operation.name': 'chat', 'openinference.span.kind': 'TOOL', 'tool.name': 'send_refund' },
    null,
  ],
  ['no step of a chain', { 'openinference.span.kind': 'CHAIN', 'traceloop.span.kind': 'task' }, null],
  ['no span of something else', { 'http.route': '/' }, null],
])('finds %s', (_what, attributes, found) => {
  expect(promoted(rules, attributes)).toBe(found);
});

it('holds what was executed for executed, and nothing else unless the rule says so', () => {
  expect(routeOf(refund)).toBe('auto');
  expect(routeOf(agent)).toBe('human');
  expect(routeOf(rule({ operation: 'invoke_agent', route: 'auto' }))).toBe('auto');
});
