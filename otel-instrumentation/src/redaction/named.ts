/** What is only known for a credential by the name that it has: of a field, of a header, of a feature. */
import type { Redactor } from './redactor.ts';

const names: readonly { readonly name: RegExp; readonly value: RegExp; readonly written: string }[] = [
  { name: /authorization$/i, value: /^(?:basic|token)\s/i, written: 'authorization: ' },
  { name: /secret_?access_?key$/i, value: /^[A-Za-z\d/+]{40}$/, written: 'aws_secret_access_key=' },
];

/** A value as it is left under any of its names: redacted as if it stood behind one. */
export function redactedAs(of: readonly string[], value: string, redact: Redactor): string {
  const known = names.find((one) => one.value.test(value) && of.some((name) => one.name.test(name)));
  return known === undefined ? redact(value) : redact(`${known.written}${value}`).slice(known.written.length);
}
