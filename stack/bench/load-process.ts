/** Sends AI decisions at a steady rate until it is told to stop: so many a second, in steps of 20 ms. */
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventSubject } from '@countersign/contract';
import { aiDecision } from './events.ts';

const perSecond = Number(process.argv[2]);
const connection = await connect({
  servers: process.env['NATS_URL'] ?? '',
  user: 'service',
  pass: process.env['NATS_PASSWORD'] ?? '',
  inboxPrefix: '_INBOX_service',
});
const stream = jetstream(connection, { timeout: 30_000 });
const started = performance.now();
let [sent, acknowledged] = [0, 0];
const sending = setInterval(() => {
  const wanted = ((performance.now() - started) / 1_000) * perSecond;
  for (; sent < wanted; sent++) {
    const event = aiDecision(sent, new Date());
    const body = JSON.stringify({ ...event, data: { ...event.data, workflow_id: 'mail-moderation' } });
    stream.publish(eventSubject('mail-moderation', 'decision_ai'), body, { msgID: event.id }).then(
      () => (acknowledged += 1),
      () => undefined,
    );
  }
}, 20);
process.on('message', () => {
  clearInterval(sending);
  process.send?.(acknowledged / ((performance.now() - started) / 1_000));
});
process.send?.('ready');
