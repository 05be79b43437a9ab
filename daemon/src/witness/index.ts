export { createWitnessServer } from './server.ts';
export { WitnessState } from './state.ts';
export { Witness } from './witness.ts';
