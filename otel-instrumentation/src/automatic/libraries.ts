/**
 * Which client libraries there are instrumentations for, and how to see whether one was patched. We patch none ourselves: what
 * is installed beside the service is put to use, and a library that is loaded and stays as it was is told of, once.
 */
import { isWrapped } from '@opentelemetry/instrumentation';

export interface Library {
  /** As it is imported. */
  readonly name: string;
  /** Within its package, what `import` and `require` of it load: it may also be loaded by others than the service. */
  readonly files?: readonly string[];
  /** Packages that bring it along, beside which it may be found alone: pnpm shows a service only what it has named itself. */
  readonly broughtBy?: readonly string[];
  /** Known instrumentations, the first that is installed is used: OpenTelemetry's own before the others. */
  readonly instrumentations: readonly string[];
  /** By a method that each of them wraps; or it makes spans itself, and needs no patch. */
  readonly isPatched: (module: Module) => boolean;
  /** What an instrumentation is given when it is asked to patch the module; the module itself when left out. */
  readonly given?: (module: Module) => unknown;
}

export type Module = Record<string, unknown>;

export const libraries: readonly Library[] = [
  {
    name: 'openai',
    instrumentations: [
      '@opentelemetry/instrumentation-openai',
      '@arizeai/openinference-instrumentation-openai',
      '@traceloop/instrumentation-openai',
    ],
    isPatched: (module) =>
      isWrapped(at(module['OpenAI'] ?? module['default'], 'Chat', 'Completions', 'prototype', 'create')),
  },
  {
    name: '@anthropic-ai/sdk',
    instrumentations: ['@arizeai/openinference-instrumentation-anthropic', '@traceloop/instrumentation-anthropic'],
    isPatched: (module) => {
      const client = module['Anthropic'] ?? module['default'];
      return makesAnthropicSpans(client) || isWrapped(at(client, 'Messages', 'prototype', 'create'));
    },
  },
  {
    name: '@aws-sdk/client-bedrock-runtime',
    instrumentations: [
      '@opentelemetry/instrumentation-aws-sdk',
      '@arizeai/openinference-instrumentation-bedrock',
      '@traceloop/instrumentation-bedrock',
    ],
    isPatched: (module) => isWrapped(at(module['BedrockRuntimeClient'], 'prototype', 'send')),
  },
  {
    name: '@google/genai',
    instrumentations: ['@traceloop/instrumentation-google-generativeai'],
    isPatched: (module) => isWrapped(module['GoogleGenAI']),
  },
  {
    name: '@langchain/core/callbacks/manager',
    files: ['dist/callbacks/manager.js', 'dist/callbacks/manager.cjs'],
    broughtBy: [
      'langchain',
      '@langchain/langgraph',
      '@langchain/openai',
      '@langchain/anthropic',
      '@langchain/aws',
      '@langchain/google-genai',
      '@langchain/community',
    ],
    instrumentations: ['@arizeai/openinference-instrumentation-langchain', '@traceloop/instrumentation-langchain'],
    isPatched: ({ CallbackManager }) =>
      isWrapped(at(CallbackManager, '_configureSync')) || at(CallbackManager, '_traceloopPatched') === true,
    given: (module) => ({ ...module, callbackManagerModule: module }),
  },
  {
    name: '@modelcontextprotocol/sdk/client/index.js',
    files: ['dist/esm/client/index.js', 'dist/cjs/client/index.js'],
    // OpenInference's makes no spans: it only hands the context on.
    instrumentations: ['@traceloop/instrumentation-mcp'],
    isPatched: (module) => isWrapped(at(module['Client'], 'prototype', 'request')),
  },
];

/** From 0.134 on it does so itself, unless it is told not to. */
const makesAnthropicSpans = (client: unknown): boolean =>
  process.env['ANTHROPIC_OPEN_TELEMETRY']?.toLowerCase() !== 'false' &&
  'openTelemetry' in Object((client as { prototype?: unknown } | undefined)?.prototype);

/** Undefined where something on the way is not there. */
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((holder, name) => (holder as Module | null | undefined)?.[name], value);
