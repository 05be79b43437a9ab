/** NATS starts with any password that chance may give it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { expect, inject, it } from 'vitest';
import { startNats } from './nats.ts';

it.each(['-Sx9', '12e34', '0x', 'true', '1k', '$other'])('as %s', async (password) => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-nats-'));
  const nats = await startNats(inject('natsServer'), directory, { daemon: password, service: `${password}-too` });
  try {
    const connection = await connect({
      servers: nats.url,
      user: 'daemon',
      pass: password,
      inboxPrefix: '_INBOX_daemon',
    });
    expect(connection.getServer()).not.toBe('');
    await connection.close();
  } finally {
    await nats.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
