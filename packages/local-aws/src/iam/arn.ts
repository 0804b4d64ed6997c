/** The function's name in its ARN, with or without a version; a plain name stays what it is. */
export const functionNameOf = (arnOrName: string): string =>
  /:function:([^:]+)/.exec(arnOrName)?.[1] ?? arnOrName

/** The role's name in its ARN; a plain name stays what it is. */
export const roleNameOf = (arnOrName: string): string => arnOrName.split('/').at(-1)!
