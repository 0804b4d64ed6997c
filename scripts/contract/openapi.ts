import * as z from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { FieldError } from '../../shared/contract/field-errors.ts'
import { routes } from '../../shared/contract/index.ts'
import { PROBLEMS, type ProblemCode } from '../../shared/contract/problems.ts'
import type { ResponseSpec, Route } from '../../shared/contract/route.ts'

/** The body of every failure, from the functions and the gateway alike. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable: switch on it' }),
    detail: z.string().meta({ description: 'What to do, for people' }),
    retryable: z.boolean(),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

/** OpenAPI 3.1 for people and generators, from the route table. */
export const renderOpenApi = () =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'AI Video Hub',
      version: '0.1.0',
      description: 'Every failure is a problem document (RFC 9457) with a stable `code`.',
    },
    servers: [{ url: '/api' }],
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        playbackToken: { type: 'apiKey', in: 'query', name: 'token' },
      },
    },
    paths: paths(),
  })

const paths = (): ZodOpenApiPathsObject => {
  const result: ZodOpenApiPathsObject = {}
  for (const [id, route] of Object.entries(routes)) {
    result[route.path] = { ...result[route.path], [route.method.toLowerCase()]: operation(id, route) }
  }
  return result
}

const operation = (operationId: string, route: Route): ZodOpenApiOperationObject => ({
  operationId,
  tags: [route.function],
  summary: route.summary,
  ...(route.description && { description: route.description }),
  security: { none: [], user: [{ accessToken: [] }], playback: [{ playbackToken: [] }] }[route.auth],
  requestParams: { ...(route.params && { path: route.params }), ...(route.query && { query: route.query }) },
  ...((route.body || route.form) && {
    requestBody: {
      content: {
        ...(route.body && { 'application/json': { schema: route.body } }),
        ...(route.form && { 'multipart/form-data': { schema: route.form } }),
      },
    },
  }),
  responses: { ...successes(route), ...failures(route) },
})

const successes = (route: Route) =>
  Object.fromEntries(
    Object.entries(route.responses).map(([status, response]) => [
      status,
      { description: response.description, ...contentOf(response) },
    ]),
  )

const contentOf = ({ schema, contentType, alternatives = [] }: ResponseSpec) => {
  const content = {
    ...(schema && { 'application/json': { schema } }),
    ...Object.fromEntries(
      [contentType, ...alternatives].filter(type => type !== undefined).map(type => [type, {}]),
    ),
  }
  return Object.keys(content).length > 0 && { content }
}

const failures = (route: Route) => {
  const codes: ProblemCode[] = [...route.problems]
  if (route.auth === 'user') codes.push('auth.token_missing', 'auth.token_invalid', 'auth.token_expired')
  if (route.params || route.query || route.body) codes.push('request.invalid')
  const byStatus = Map.groupBy(codes, code => String(PROBLEMS[code].status))
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in route.responses))
      .map(([status, group]) => [
        status,
        {
          description: group.map(code => `\`${code}\``).join(', '),
          content: { 'application/problem+json': { schema: Problem } },
        },
      ]),
  )
}
