export { DeadLetters, type DeadLetter } from './dead-letters.ts';
export { deadReasons, decode, type DeadReason, type Decoded } from './decode.ts';
export { Ingest } from './ingest.ts';
export { ensureStreams, ingestConsumer } from './streams.ts';
