/** Of each client library that is tested, what is to be seen of the calls in `otel-instrumentation/test-services/calls`. */
export interface Tested {
  readonly name: string;
  readonly library: string;
  readonly env?: Record<string, string>;
  /** What the service says of each call. */
  readonly calls: Readonly<Record<string, string>>;
  /** Of each decision what was rolled up: provider, model asked for, model that answered, tokens in and out. */
  readonly decisions: Readonly<Record<string, readonly (string | number | undefined)[]>>;
  /** Of each call by itself that is a decision: operation, label, model and version. */
  readonly promoted: readonly string[];
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const nothing = times(5, undefined);
const unanswered = (provider: string, model: string) => [provider, model, undefined, undefined, undefined];

const gpt = ['openai', 'gpt-5', 'gpt-5-2026-08-07', 12, 5] as const;
const gptTwice = ['openai', 'gpt-5', 'gpt-5-2026-08-07', 24, 10] as const;
const noGpt = unanswered('openai', 'gpt-5');
const claude = ['anthropic', 'claude-sonnet-5', 'claude-sonnet-5-20260807', 12, 5] as const;
const noClaude = unanswered('anthropic', 'claude-sonnet-5');
const gemini = ['gcp.gen_ai', 'gemini-3-pro', 'gemini-3-pro-001', 12, 5] as const;
const noGemini = unanswered('gcp.gen_ai', 'gemini-3-pro');
// Its instrumentation says one name, and not whether that was asked for or has answered.
const onBedrock = ['aws', undefined, 'claude-sonnet-5', 12, 5] as const;
const notOnBedrock = ['aws', undefined, 'claude-sonnet-5', undefined, undefined] as const;

const said = 'This is a test.';
const agent = 'invoke-agent forecaster gpt-5 unknown';
const gptChat = 'chat chat gpt-5 gpt-5-2026-08-07';
const weather = 'execute-tool weather weather unknown';

const anthropic: Tested = {
  name: '@anthropic-ai/sdk',
  library: 'anthropic',
  calls: {
    whole: said,
    streamed: said,
    helper: said,
    tool: 'weather',
    fail: 'no answer, 500',
    limit: 'no answer, 429',
    hang: 'no answer, APIConnectionTimeoutError',
  },
  decisions: {
    whole: claude,
    streamed: claude,
    helper: claude,
    tool: claude,
    fail: noClaude,
    limit: noClaude,
    hang: noClaude,
  },
  promoted: times(4, 'chat chat claude-sonnet-5 claude-sonnet-5-20260807'),
};

export const testedLibraries: readonly Tested[] = [
  {
    name: 'openai',
    library: 'openai',
    calls: {
      whole: said,
      streamed: said,
      tool: 'weather',
      'streamed-tool': '{"location":"San Francisco"}',
      fail: 'no answer, 500',
      limit: 'no answer, 429',
      hang: 'no answer, APIConnectionTimeoutError',
      break: 'no answer, TypeError',
    },
    decisions: {
      whole: gpt,
      streamed: gpt,
      tool: gpt,
      'streamed-tool': gpt,
      // The instrumentation never ends its span of a stream that breaks off.
      fail: noGpt,
      limit: noGpt,
      hang: noGpt,
      break: nothing,
    },
    promoted: times(4, gptChat),
  },
  {
    ...anthropic,
    calls: { ...anthropic.calls, break: 'no answer, TypeError' },
    decisions: { ...anthropic.decisions, break: [...claude.slice(0, 4), undefined] },
  },
  // Left to what is installed.
  { ...anthropic, name: '@anthropic-ai/sdk by OpenInference', env: { ANTHROPIC_OPEN_TELEMETRY: 'false' } },
  {
    name: 'the AI SDK',
    library: 'ai-sdk',
    calls: {
      whole: said,
      streamed: said,
      tool: said,
      'streamed-tool': said,
      'broken-tool': said,
      fail: 'no answer, 500',
      'streamed-fail': 'no answer, 500',
      break: 'no answer, 200',
      abort: 'This is ',
    },
    decisions: {
      whole: gpt,
      streamed: gpt,
      tool: gptTwice,
      'streamed-tool': gptTwice,
      'broken-tool': gptTwice,
      fail: noGpt,
      'streamed-fail': noGpt,
      break: noGpt,
      abort: noGpt,
    },
    promoted: [
      ...times(2, [gptChat, agent]).flat(),
      // A tool that failed was chosen all the same.
      ...times(3, [gptChat, weather, gptChat, agent]).flat(),
    ],
  },
  {
    name: '@google/genai',
    library: 'google-genai',
    calls: {
      whole: said,
      streamed: said,
      tool: 'weather',
      fail: 'no answer, 500',
      limit: 'no answer, 429',
      break: 'no answer, TypeError',
    },
    decisions: {
      whole: gemini,
      streamed: gemini,
      tool: gemini,
      fail: noGemini,
      limit: noGemini,
      break: noGemini,
    },
    promoted: times(3, 'generate-content generate_content gemini-3-pro gemini-3-pro-001'),
  },
  {
    name: 'Bedrock',
    library: 'bedrock',
    calls: {
      whole: said,
      streamed: said,
      tool: 'weather',
      fail: 'no answer, 500',
      limit: 'no answer, 429',
      break: 'no answer, Error',
    },
    decisions: {
      whole: onBedrock,
      streamed: onBedrock,
      tool: onBedrock,
      fail: notOnBedrock,
      limit: notOnBedrock,
      break: notOnBedrock,
    },
    promoted: times(3, 'chat chat claude-sonnet-5 claude-sonnet-5'),
  },
  {
    name: 'LangChain',
    library: 'langchain',
    calls: {
      whole: said,
      streamed: said,
      tool: 'sunny in San Francisco',
      'broken-tool': 'no answer, Error',
    },
    // The model that the core package brings for tests has no name.
    decisions: { whole: nothing, streamed: nothing, tool: nothing, 'broken-tool': nothing },
    promoted: [...times(2, 'chat chat chat unknown'), weather, weather],
  },
  {
    name: 'MCP',
    library: 'mcp',
    calls: {
      list: 'weather',
      tool: 'sunny in San Francisco',
      'broken-tool': 'no such place',
      hang: 'no answer, McpError',
    },
    decisions: { list: nothing, tool: nothing, 'broken-tool': nothing, hang: nothing },
    promoted: times(3, weather),
  },
];
