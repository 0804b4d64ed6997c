declare module 'asl-validator' {
  /** Checks a definition of Amazon States Language: schema, transitions, paths. */
  const validate: (
    definition: object,
  ) => Promise<{ isValid: boolean; errorsText: (separator?: string) => string }>
  export default validate
}
