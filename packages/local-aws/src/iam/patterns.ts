/** IAM's wildcards: `*` any characters, `?` exactly one. */
export const matchesPattern = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^]*')
      .replaceAll('?', '[^]')}$`,
  ).test(value)
