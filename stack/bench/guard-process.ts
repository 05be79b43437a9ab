/** A guard in a process of its own: told a model, it says when the guard does not let it act any more. */
import { guard, start } from '@countersign/otel-instrumentation';

/** The time of the machine, in ms, finer than Date.now(). */
const time = () => performance.timeOrigin + performance.now();

await start({ source: 'bench-guard', onTrouble: () => undefined });
process.send?.('ready');
process.on('message', (model: string) => {
  const question = {
    workflow: 'mail-moderation',
    task: 't',
    model: { name: model, version: '1' },
    riskTier: 'low' as const,
    reversible: true,
    confidence: 1,
  };
  const look = setInterval(() => {
    if (guard(question).route === 'auto') return;
    clearInterval(look);
    process.send?.(time());
  }, 1);
});
