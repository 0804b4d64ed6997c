import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import type * as z from 'zod'
import type { AuthenticatedUser } from '../../contract/auth.ts'
import { problem } from '../../contract/problems.ts'
import type { Route, Routes } from '../../contract/route.ts'
import type { Logger } from '../../observability/logger.ts'
import { answerProblems } from './middleware/answer-problems.ts'
import { cors } from './middleware/cors.ts'
import { logRequests } from './middleware/log-requests.ts'
import { readRequest } from './read-request.ts'
import { type Reply, writeReply } from './write-reply.ts'

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/**
 * The request of an implementation: everything is validated, and `user` is there exactly when the
 * route demands one.
 */
export type RequestOf<R extends Route> = {
  params: Parsed<R['params']>
  query: Parsed<R['query']>
  /** Undefined when a route that takes forms was sent one: then `form` holds it. */
  body: R extends { form: z.ZodObject } ? Parsed<R['body']> | undefined : Parsed<R['body']>
  form: { bytes: Buffer; contentType: string } | undefined
  user: R['auth'] extends 'user' ? AuthenticatedUser : undefined
  /** Names in lower case. */
  headers: Record<string, string | undefined>
  /** The public address of the API, stage included, without a slash at the end. */
  baseUrl: string
  requestId: string
}

type JsonReply<R extends Route> = {
  [S in keyof R['responses'] & number]: R['responses'][S] extends { schema: infer B extends z.ZodType }
    ? { status: S; body: z.input<B>; headers?: Record<string, string> }
    : { status: S; headers?: Record<string, string> }
}[keyof R['responses'] & number]

type ContentReply<R extends Route> = {
  status: keyof R['responses'] & number
  content: string | Buffer
  contentType: string
  headers?: Record<string, string>
}

export type ReplyOf<R extends Route> = JsonReply<R> | ContentReply<R>

/**
 * One function per operation of the table; a missing, extra or wrongly typed one does not compile.
 */
export type Implementations<T extends Routes> = {
  [Id in keyof T]: (request: RequestOf<T[Id]>) => Promise<ReplyOf<T[Id]>>
}

export type ApiOptions<T extends Routes> = {
  routes: T
  implementations: Implementations<T>
  /** Resolves an access token to its user, or throws an `auth.…` problem. */
  authenticate: (token: string) => Promise<AuthenticatedUser>
  /** The origins that browsers may call from, as in FRONTEND_URL. */
  allowedOrigins: readonly string[]
  /** The public address of the API, as in PUBLIC_BASE_URL. Absent: the one that was called. */
  publicBaseUrl?: string | undefined
  log: Logger
}

/**
 * The Lambda handler of one function: finds the route by API Gateway's resource,
 * authenticates, validates, runs, writes the answer.
 */
export const createApi = <const T extends Routes>({
  routes,
  implementations,
  authenticate,
  allowedOrigins,
  publicBaseUrl,
  log,
}: ApiOptions<T>) => {
  const byResource = new Map(
    Object.entries(routes).map(([id, route]) => [`${route.method} ${route.path}`, id as keyof T & string]),
  )

  const findRoute = (event: APIGatewayProxyEvent) => {
    const method = isHead(event) ? 'GET' : event.httpMethod
    const id = byResource.get(`${method} ${event.resource}`)
    if (!id) throw problem('route.not_found')
    return { route: routes[id] as Route, run: implementations[id] as (request: unknown) => Promise<Reply> }
  }

  const findUser = async (route: Route, event: APIGatewayProxyEvent) =>
    route.auth === 'user' ? await authenticate(bearerToken(event)) : undefined

  /** The steps of a request. A step that refuses it throws a problem. */
  const dispatch = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const { route, run } = findRoute(event)
    const user = await findUser(route, event)
    const request = readRequest(route, event, publicBaseUrl)
    const reply = await run({ ...request, user })
    const answer = writeReply(route, reply, fields =>
      log.error('An answer did not fit the contract; its fields were left out', {
        resource: event.resource,
        fields: fields.slice(0, MAX_LOGGED_FIELDS),
      }),
    )
    return isHead(event) ? { ...answer, body: '', isBase64Encoded: false } : answer
  }

  // Errors run through these from the last to the first.
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(logRequests(log))
    .use(cors(allowedOrigins))
    .use(answerProblems(log))
    .handler(dispatch)
}

const MAX_LOGGED_FIELDS = 20

/** HEAD is answered like GET, without the body (RFC 9110, 9.3.2). */
const isHead = (event: APIGatewayProxyEvent) => event.httpMethod === 'HEAD'

const bearerToken = (event: APIGatewayProxyEvent): string => {
  const header = Object.entries(event.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'authorization',
  )?.[1]
  const token = header?.match(/^Bearer ([\w.~+/=-]+)$/i)?.[1]
  if (!token) throw problem('auth.token_missing')
  return token
}
