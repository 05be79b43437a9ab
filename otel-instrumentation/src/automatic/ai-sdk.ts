/**
 * The AI SDK's own hook for telemetry, from version 7 on: its OpenTelemetry integration makes the spans. What people and
 * models say to each other stays off them, unless the service asks for it as OpenTelemetry says it is asked for.
 */
import { isGenAiContentWanted } from './settings.ts';
import { whileAborting, withInputInHand } from './in-hand.ts';

type Listener = (this: object, event: unknown, ...rest: unknown[]) => unknown;

/** The list that the AI SDK reads its integrations from. */
const holder = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: object[] };

/** Of `@ai-sdk/otel`, what is needed. */
export interface AiSdkOtel {
  readonly OpenTelemetry: new () => object;
}

/** Ours makes room for one that the service registers, before it or after: two would make each span twice. */
export function hookAiSdk({ OpenTelemetry }: AiSdkOtel): void {
  const integrations = (holder.AI_SDK_TELEMETRY_INTEGRATIONS ??= []);
  // Also of another copy of the package.
  const isOne = (integration: object) =>
    integration instanceof OpenTelemetry || integration.constructor.name === OpenTelemetry.name;
  if (integrations.some(isOne)) return;
  const ours = withoutContent(new OpenTelemetry());
  integrations.push(ours);
  const push = (...added: object[]): number => {
    const at = integrations.indexOf(ours);
    if (at >= 0 && added.some(isOne)) integrations.splice(at, 1);
    return Array.prototype.push.apply(integrations, added);
  };
  Object.defineProperty(integrations, 'push', { value: push, configurable: true, writable: true });
}

/** The same integration, told not to record content, with the input in hand when it begins a span, and known to abort. */
export function withoutContent(integration: object): object {
  return new Proxy(integration, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const listener = value as Listener;
      if (typeof name !== 'string' || !/^(?:experimental_)?on[A-Z]/.test(name)) return listener.bind(target);
      return (event: unknown, ...rest: unknown[]) => {
        const listen = () => listener.call(target, bare(event), ...rest);
        return name === 'onAbort' ? whileAborting(listen) : withInputInHand(inputOf(event), listen);
      };
    },
  });
}

function bare(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || isGenAiContentWanted()) return event;
  return { ...event, recordInputs: false, recordOutputs: false };
}

/** Of a tool its arguments, of a model its messages. */
function inputOf(event: unknown): unknown {
  const { toolCall, messages, prompt } = (event ?? {}) as {
    toolCall?: { input?: unknown };
    messages?: unknown;
    prompt?: unknown;
  };
  return toolCall?.input ?? messages ?? prompt ?? null;
}
