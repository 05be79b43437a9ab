import { start, decision, verdicts, shutdown } from '@countersign/otel-instrumentation';
console.log('before');
await start({ source: 's', natsUrl: 'nats://127.0.0.1:1', spoolDirectory: '/tmp/t7/spool' } as never);
console.log('started');
if (process.argv[2] === 'verdicts') { await verdicts('mail', () => undefined); console.log('verdicts'); }
const server = (await import('node:http')).createServer(() => undefined).listen(0);
setTimeout(() => { console.log('alive'); server.close(); }, 3000);
