import type * as z from 'zod'
import type { ProblemCode } from './problems.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * One possible success answer. Without a schema the body is bytes or text of `contentType`, or
 * there is none (204). `alternatives` are further content types in which it comes.
 */
export type ResponseSpec = {
  description: string
  schema?: z.ZodType
  contentType?: string
  alternatives?: readonly string[]
}

/** One row of the route table: everything that is derived for a route comes from here. */
export type Route = {
  method: Method
  /** Below the stage, which is named `api`: '/videos/{id}' is served as /api/videos/{id}. */
  path: `/${string}`
  /** The function (folder under functions/) that serves it. */
  function: string
  /**
   * 'user': an access token is required. 'playback': the handler checks a playback token in the
   * query.
   */
  auth: 'none' | 'user' | 'playback'
  summary: string
  description?: string
  params?: z.ZodObject
  query?: z.ZodObject
  /**
   * The JSON body. A route with `form` takes multipart/form-data as well and hands it over as raw
   * bytes.
   */
  body?: z.ZodType
  form?: z.ZodObject
  bodyLimitBytes?: number
  responses: Record<number, ResponseSpec>
  problems: readonly ProblemCode[]
}

export type Routes = Record<string, Route>

/** Keeps the literal types of a table of routes and checks each row. */
export const defineRoutes = <const T extends Routes>(routes: T): T => routes
