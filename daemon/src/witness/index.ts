export { createWitnessServer } from './server.ts';
export { WitnessState } from './state.ts';
export { Witness, type KnownLog } from './witness.ts';
