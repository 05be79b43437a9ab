export { Adwin, type AdwinOptions, type AdwinState } from './adwin.ts';
export { gwetAC1, krippendorffAlpha, type AlphaMetric, type RatingsByRater, type RatingValue } from './agreement.ts';
export { benjaminiHochberg } from './benjamini-hochberg.ts';
export { calibrationBins, widthBin, type BinStrategy, type CalibrationBin } from './calibration-bins.ts';
export {
  brierDecomposition,
  calibrationErrorOf,
  expectedCalibrationError,
  type BrierDecomposition,
  type CalibrationErrorOptions,
  type CalibrationNorm,
} from './calibration-error.ts';
export { calibrationLine, type CalibrationLine } from './calibration-line.ts';
export { chiSquareHomogeneity, type ChiSquare } from './chi-square.ts';
export { confidenceSequence } from './confidence-sequence.ts';
export { Cusum, type CusumOptions, type CusumState } from './cusum.ts';
export { dawidSkene, type DawidSkene, type DawidSkeneOptions, type Rating } from './dawid-skene.ts';
export { Ddm, type DdmOptions, type DdmState } from './ddm.ts';
export type { Detection } from './detector.ts';
export {
  hellingerDistance,
  jensenShannonDistance,
  populationStabilityIndex,
  wassersteinDistance,
  type Counts,
} from './distances.ts';
export { HddmA, type HddmAOptions, type HddmAState } from './hddm-a.ts';
export { jeffreysInterval, wilsonInterval, type Interval } from './intervals.ts';
export { cohenKappa, fleissKappa, type KappaWeights } from './kappa.ts';
export { kolmogorovSmirnov, type KolmogorovSmirnov } from './kolmogorov-smirnov.ts';
export { PageHinkley, type PageHinkleyOptions, type PageHinkleyState } from './page-hinkley.ts';
export { uniform } from './random.ts';
export { brierScore, logLoss } from './scores.ts';
export {
  BernoulliShiryaevRoberts,
  evidenceOf,
  type ShiryaevRobertsOptions,
  type ShiryaevRobertsState,
} from './shiryaev-roberts.ts';
export { stabilityInterval, type StabilitySample } from './stability-interval.ts';
export { chiSquareSurvival, normalCdf, normalQuantile } from './special-functions.ts';
export { observeRate, startRateDetector, type Direction, type RateDetectorState } from './rate-detector.ts';
export { learnRate, statedRate, type RateModel } from './rate-model.ts';
export { incompleteBeta } from './special-functions.ts';
