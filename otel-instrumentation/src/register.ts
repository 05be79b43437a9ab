/**
 * For `node --import @countersign/otel-instrumentation/register app.js`: everything by itself, from the environment. NATS is
 * reached first, so that the first decision knows what the AI may do; GenAI spans become parts of decisions, or decisions
 * where a rule says so; OpenTelemetry is set up unless the service has; and what is left when the process ends is sent, or
 * waits on disk.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { apiCopies } from './automatic/api-copies.ts';
import { Observers } from './automatic/observers.ts';
import { endWithTheProcess } from './automatic/process-end.ts';
import { hookAiSdk, type AiSdkOtel } from './automatic/ai-sdk.ts';
import { setUpOpenTelemetry } from './automatic/own-sdk.ts';
import { nearTo } from './automatic/near.ts';
import { patchWhatIsInstalled } from './automatic/patches.ts';
import { promoteBy } from './automatic/promotion.ts';
import { readSettings } from './automatic/settings.ts';
import { startAhead, startByItself } from './running.ts';

const said = new Set<string>();
/** Each thing once: what stays wrong is wrong without being said again each second. */
function say(text: string): void {
  if (said.has(text)) return;
  if (said.size < mostSaid) said.add(text);
  console.warn(text.startsWith('countersign: ') ? text : `countersign: ${text}`);
}
const mostSaid = 1_000;

/** A service starts, whatever NATS does. */
const longestWaitMs = 1_000;

const settings = readSettings(process.env, process.cwd(), process.argv[1] ?? '');
for (const problem of settings.problems) say(problem);
promoteBy(settings.promote);
startByItself({ ...settings.start, onTrouble: say });

const near = nearTo(process.cwd(), process.argv[1]);
try {
  // First, so that what instruments the libraries is given tracers that are observed.
  const sdk = setUpOpenTelemetry(new Observers(), process.env, await apiCopies(near), say);
  await patchWhatIsInstalled(near, say);
  endWithTheProcess(() => sdk.shutdown());
  if (near.has('@ai-sdk/otel')) hookAiSdk((await near.load('@ai-sdk/otel')) as unknown as AiSdkOtel);
  else if (near.has('ai'))
    say('the AI SDK is installed without its telemetry. Install @ai-sdk/otel, and its calls are seen.');
} catch (error) {
  // A service starts, whatever becomes of its telemetry.
  say(`not everything could be set up: ${error instanceof Error ? error.message : String(error)}`);
}

// Threads follow suit when they decide something: there may be many, and most of them do not.
if (isMainThread) await firstTry();

/** Nobody waits for a NATS that is not there, nor long for one that does not answer. */
async function firstTry(): Promise<void> {
  const late = new AbortController();
  await Promise.race([startAhead(), sleep(longestWaitMs, undefined, late)]);
  late.abort();
}
