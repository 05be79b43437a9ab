/** What is wrong with the patterns of a policy's own that its schema cannot say. Pure. */
import type { Policy } from '@countersign/contract';
import { compileOwnPattern } from '@countersign/contract/own-pattern';
import type { Wrong } from './meaning.ts';

export function wrongPrivacy({ privacy }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  const own = privacy?.redact?.own ?? [];
  own.forEach((pattern, i) => {
    const path = ['privacy', 'redact', 'own', String(i)];
    if (own.findIndex(({ name }) => name === pattern.name) !== i) {
      const message = `${JSON.stringify(pattern.name)} is there twice. Name each its own way.`;
      wrong.push({ path: [...path, 'name'], message });
    }
    try {
      compileOwnPattern(pattern);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      wrong.push({ path: [...path, 'regex'], message: `${JSON.stringify(pattern.regex)}: ${error.message}` });
    }
  });
  return wrong;
}
