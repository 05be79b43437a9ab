import { expect, it } from 'vitest';
import { withoutUser } from './uri.ts';

it.each([
  ['s3://key:secret@bucket/x', 's3://bucket/x'],
  ['https://ann@example.test/x', 'https://example.test/x'],
  // Written as it should not be.
  ['s3://AKIA:se/cr@et@bucket/x', 's3://bucket/x'],
  ['amqp://app:a/b?c#d@mq:5672', 'amqp://mq:5672'],
  // What is no login stays.
  ['https://example.test:8443/a@b', 'https://example.test:8443/a@b'],
  ['https://example.test/to?who=ann@example.org', 'https://example.test/to?who=ann@example.org'],
  ['urn:sha256:00', 'urn:sha256:00'],
])('leaves of %s what is no login: %s', (uri, left) => expect(withoutUser(uri)).toBe(left));
