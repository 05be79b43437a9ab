export { startListener, type Listener } from './listener.ts';
export { Receiver } from './receiver.ts';
export { readOtlpSettings, type OtlpSettings } from './settings.ts';
