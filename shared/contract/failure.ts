import * as z from 'zod'

/** The reason why something failed, as a client sees it. */
export const Failure = z
  .object({ code: z.string(), message: z.string(), retryable: z.boolean() })
  .meta({ id: 'Failure' })
export type Failure = z.infer<typeof Failure>
