// One call of a library: within a decision of its own, or by itself when the service is told `alone`.
import { decision } from '@countersign/otel-instrumentation';

const about = {
  workflow: 'calls',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low',
  reversible: true,
  input: { content: 'what came in' },
};

const within = (task, work) =>
  decision({ ...about, task }, async (d) => {
    const said = await work();
    d.output({ label: 'answered' }, 0.9);
    return said;
  });

const whatFailed = (error) =>
  error.status ?? error.statusCode ?? error.$metadata?.httpStatusCode ?? error.constructor.name;

export async function call(task, work) {
  const said = await (process.argv[3] === 'alone' ? work() : within(task, work)).catch(
    (error) => `no answer, ${whatFailed(error)}`,
  );
  console.log(`${task}: ${said}`);
}

export async function joined(stream, textOf) {
  let text = '';
  for await (const chunk of stream) text += textOf(chunk) ?? '';
  return text;
}

export const weather = {
  name: 'weather',
  description: 'Get the weather in a location',
  schema: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
};
