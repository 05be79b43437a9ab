/** The code that a page of Markdown shows. */

/** Blocks of a language, in order. What is in an HTML comment is not shown, and is none. */
export const codeBlocks = (markdown: string, language: string): string[] =>
  [...markdown.replaceAll(/<!--[\s\S]*?-->/g, '').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, is]) => is === language)
    .map(([, , code]) => code ?? '');
