/**
 * The failure of an outside service: `unavailable` when it does not answer or asks to be left
 * alone, `invalid_answer` when its answer is not of the wanted form. A use case translates it into
 * its own problem.
 */
export class ProviderError extends Error {
  override name = 'ProviderError'
  readonly kind: 'unavailable' | 'invalid_answer'

  constructor(kind: ProviderError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
