import * as z from 'zod'
import { canonicalTag, isKnownLanguage } from '../kernel/language-tags.ts'
import type { ProblemCode } from './problems.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** One possible success answer. Without a schema the body is bytes or text of `contentType`, or there is none (204). `alternatives` are further content types in which it comes. */
export type ResponseSpec = { description: string; schema?: z.ZodType; contentType?: string; alternatives?: readonly string[] }

/** One row of the route table: everything that is derived for a route comes from here. */
export type Route = {
  method: Method
  /** Below the stage, which is named `api`: '/videos/{id}' is served as /api/videos/{id}. */
  path: `/${string}`
  /** The function (folder under functions/) that serves it. */
  function: string
  /** 'user': an access token is required. 'playback': the handler checks a playback token in the query. */
  auth: 'none' | 'user' | 'playback'
  summary: string
  description?: string
  params?: z.ZodObject
  query?: z.ZodObject
  /** The JSON body. A route with `form` takes multipart/form-data as well and hands it over as raw bytes. */
  body?: z.ZodType
  form?: z.ZodObject
  bodyLimitBytes?: number
  responses: Record<number, ResponseSpec>
  problems: readonly ProblemCode[]
}

export type Routes = Record<string, Route>

/** Keeps the literal types of a table of routes and checks each row. */
export const defineRoutes = <const T extends Routes>(routes: T): T => routes

/** Text that Postgres can store. */
export const plainText = z.string().refine(value => !value.includes('\u0000'), 'The character U+0000 is not allowed.')
/** In the spelling of our keys in S3, which tells capitals apart where Postgres does not. */
export const uuid = z.uuid().toLowerCase()
export const videoParams = z.object({ id: uuid })
export const videoIdParams = z.object({ videoId: uuid })
const LANGUAGE_COLUMN_LENGTH = 10
const NO_LANGUAGE_TAG = 'Use a BCP 47 tag such as "vi" or "en-US".'
/**
 * BCP 47, as far as the columns go (VARCHAR(10)), in the one spelling: what is kept for `en-US` is found for `en-us`. Only languages that exist, because each has a
 * summary that is paid for; and the one spelling may be longer (`sh-419` -> `sr-Latn-419`).
 */
export const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?$/, { error: NO_LANGUAGE_TAG, abort: true })
  .overwrite(tag => canonicalTag(tag) ?? tag)
  .refine(tag => tag.length <= LANGUAGE_COLUMN_LENGTH && isKnownLanguage(tag), NO_LANGUAGE_TAG)
export const isoTime = z.iso.datetime()
