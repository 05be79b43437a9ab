/** Who says it: the instrumentation scope of all that this package puts on record. */
export const scope = { name: '@countersign/otel-instrumentation', version: '0.1.0' } as const;
