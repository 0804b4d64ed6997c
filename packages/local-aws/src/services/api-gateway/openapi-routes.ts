import { METHODS } from 'node:http'
import createRouter, { type HTTPMethod } from 'find-my-way'

export type MockResponse = {
  statusCode: string
  responseParameters?: Record<string, string>
  responseTemplates?: Record<string, string>
}

export type Integration =
  | { type: 'function'; functionName: string; timeoutMs: number }
  | { type: 'mock'; requestTemplate: string; responses: Record<string, MockResponse> }

export type Route = { resourcePath: string; integration: Integration }
export type Match = Route & { pathParameters: Record<string, string> }
export type FindRoute = (method: string, path: string) => Match | undefined

type IntegrationObject = {
  type?: string
  uri?: string
  timeoutInMillis?: number
  requestTemplates?: Record<string, string>
  responses?: Record<string, MockResponse>
}

const INTEGRATION = 'x-amazon-apigateway-integration'
const ANY_METHOD = 'x-amazon-apigateway-any-method'
const DEFAULT_TIMEOUT_MS = 29_000

const integrationOf = (
  where: string,
  { type, uri, timeoutInMillis, requestTemplates, responses }: IntegrationObject,
): Integration => {
  if (type?.toLowerCase() === 'mock')
    return {
      type: 'mock',
      requestTemplate: requestTemplates?.['application/json'] ?? '{"statusCode": 200}',
      responses: responses ?? {},
    }
  const functionName = uri?.match(/:function:([\w-]+)(?::[\w$-]+)?\/invocations$/)?.[1]
  if (type?.toLowerCase() !== 'aws_proxy' || !functionName)
    throw new Error(`${where}: only aws_proxy to a function and mock integrations are known`)
  return { type: 'function', functionName, timeoutMs: timeoutInMillis ?? DEFAULT_TIMEOUT_MS }
}

/**
 * Builds the router of an OpenAPI 3.0 body. Parameters arrive decoded; a trailing slash is ignored,
 * as REST APIs do.
 */
export const createFindRoute = (paths: Record<string, Record<string, unknown>>): FindRoute => {
  const router = createRouter({ ignoreTrailingSlash: true, maxParamLength: 8192 })
  for (const [resourcePath, operations] of Object.entries(paths)) {
    const names = [...resourcePath.matchAll(/\{([^}]+)\}/g)].map(match => match[1]!)
    let index = 0
    const pattern = resourcePath
      .replaceAll(':', '::')
      .replaceAll(/\{[^}]+\}/g, name => (name.endsWith('+}') ? '*' : `:p${index++}`))
    for (const [key, operation] of Object.entries(operations).sort(
      ([a], [b]) => Number(a === ANY_METHOD) - Number(b === ANY_METHOD),
    )) {
      const methods = key === ANY_METHOD ? METHODS : METHODS.filter(method => method.toLowerCase() === key)
      const definition = (operation as Record<string, IntegrationObject | undefined>)[INTEGRATION]
      if (methods.length === 0 || !definition) continue
      const route: Route = { resourcePath, integration: integrationOf(`${key} ${resourcePath}`, definition) }
      for (const method of methods) {
        if (router.hasRoute(method as HTTPMethod, pattern)) continue
        router.on(method as HTTPMethod, pattern, () => undefined, { route, names })
      }
    }
  }
  return (method, path) => {
    const found = router.find(method as HTTPMethod, path)
    if (!found) return undefined
    const { route, names } = found.store as { route: Route; names: string[] }
    let index = 0
    const entries = names.map(name =>
      name.endsWith('+')
        ? [name.slice(0, -1), found.params['*'] ?? '']
        : [name, found.params[`p${index++}`] ?? ''],
    )
    return { ...route, pathParameters: Object.fromEntries(entries) }
  }
}
