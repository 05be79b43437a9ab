/**
 * Which client libraries there are instrumentations for, and how to see whether one was patched. We patch none ourselves: what
 * is installed beside the service is put to use, and a library that is loaded and stays as it was is told of, once.
 */
export interface Library {
  /** As it is imported. */
  readonly name: string;
  /** Known instrumentations, the first that is installed is used: OpenTelemetry's own before the others. */
  readonly instrumentations: readonly string[];
  /** A method that every instrumentation of it wraps. */
  readonly probe: (module: Record<string, unknown>) => unknown;
}

export const libraries: readonly Library[] = [
  {
    name: 'openai',
    instrumentations: [
      '@opentelemetry/instrumentation-openai',
      '@arizeai/openinference-instrumentation-openai',
      '@traceloop/instrumentation-openai',
    ],
    probe: (module) => at(module['OpenAI'] ?? module['default'], 'Chat', 'Completions', 'prototype', 'create'),
  },
  {
    name: '@anthropic-ai/sdk',
    instrumentations: ['@arizeai/openinference-instrumentation-anthropic', '@traceloop/instrumentation-anthropic'],
    probe: (module) => at(module['Anthropic'] ?? module['default'], 'Messages', 'prototype', 'create'),
  },
  {
    name: '@aws-sdk/client-bedrock-runtime',
    instrumentations: [
      '@opentelemetry/instrumentation-aws-sdk',
      '@arizeai/openinference-instrumentation-bedrock',
      '@traceloop/instrumentation-bedrock',
    ],
    probe: (module) => at(module['BedrockRuntimeClient'], 'prototype', 'send'),
  },
  {
    name: '@google/genai',
    instrumentations: [
      '@arizeai/openinference-instrumentation-google-genai',
      '@traceloop/instrumentation-google-generativeai',
    ],
    probe: (module) => at(module['Models'], 'prototype', 'generateContentInternal'),
  },
  {
    name: '@langchain/core/callbacks/manager',
    instrumentations: ['@arizeai/openinference-instrumentation-langchain', '@traceloop/instrumentation-langchain'],
    probe: (module) => at(module['CallbackManager'], '_configureSync'),
  },
  {
    name: '@modelcontextprotocol/sdk/client/index.js',
    instrumentations: ['@arizeai/openinference-instrumentation-mcp', '@traceloop/instrumentation-mcp'],
    probe: (module) => at(module['Client'], 'prototype', 'request'),
  },
];

/** Undefined where something on the way is not there. */
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((holder, name) => (holder as Record<string, unknown> | null | undefined)?.[name], value);
