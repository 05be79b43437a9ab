export {
  evidence,
  observeBernoulli,
  startShiryaevRoberts,
  type Rates,
  type ShiryaevRoberts,
} from './e-shiryaev-roberts.ts';
