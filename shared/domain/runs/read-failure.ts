import * as z from 'zod'
import { Failure } from '../../contract/failure.ts'
import { failure } from '../../contract/problems.ts'

/** The error as a Catch passes it. */
const CaughtError = z.object({ Error: z.string(), Cause: z.string().optional() })
const LambdaCause = z.object({ errorMessage: z.string() })

const SENTENCES = {
  TIMED_OUT: failure('media.timed_out'),
  ABORTED: failure('media.cancelled'),
  FAILED: failure('media.processing_failed'),
}

/** The reason of a run that timed out before it got a place. */
export const NO_PLACE = failure('media.no_place')

/** Returns the failure that a caught error carries, else `media.processing_failed`. */
export const readFailure = (error: unknown): Failure => {
  const caught = CaughtError.safeParse(error)
  const cause = caught.success ? parse(LambdaCause, caught.data.Cause) : undefined
  return parse(Failure, cause?.errorMessage) ?? SENTENCES.FAILED
}

/** Returns the failure of an execution that ended in this status without its Catch. */
export const readEnding = (status: string): Failure =>
  SENTENCES[status as keyof typeof SENTENCES] ?? SENTENCES.FAILED

const parse = <S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> | undefined => {
  try {
    return schema.parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}
