import type { Route, Routes } from '../../shared/contract/route.ts'
import {
  gatewayResponses,
  preflight,
  preflightResponses,
  wrongMethod,
  wrongMethodResponses,
} from './gateway-answers.ts'

export type LeanOpenApiProps = {
  title: string
  routes: Routes
  /** Origins that browsers may call from. */
  origins: readonly string[]
  /** The invocation URI of the function that serves a route; a token is fine. */
  integrationUri: (functionName: string) => string
}

/**
 * The OpenAPI 3.0 document that API Gateway imports: paths and integrations without schemas, since
 * the functions validate. Every answer passes as bytes, so that compressed and binary ones survive.
 */
export const renderLeanOpenApi = ({ title, routes, origins, integrationUri }: LeanOpenApiProps) => {
  const paths: Record<string, Record<string, object>> = {}
  for (const [operationId, route] of Object.entries(routes)) {
    const served = operation(operationId, route, integrationUri(route.function))
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: served,
      // Monitors and players ask for the headers alone.
      ...(route.method === 'GET' && { head: { ...served, operationId: `${operationId}Head` } }),
    }
  }
  for (const [path, operations] of Object.entries(paths)) {
    const methods = Object.keys(operations).map(method => method.toUpperCase())
    const parameters = pathParameters(path)
    operations.options = { ...parameters, responses: preflightResponses, ...preflight(methods, origins) }
    operations['x-amazon-apigateway-any-method'] = {
      ...parameters,
      responses: wrongMethodResponses,
      ...wrongMethod(methods, origins),
    }
  }
  return {
    openapi: '3.0.1',
    info: { title, version: '1' },
    paths,
    'x-amazon-apigateway-binary-media-types': ['*/*'],
    'x-amazon-apigateway-gateway-responses': gatewayResponses(origins),
  }
}

const operation = (operationId: string, route: Route, uri: string) => ({
  operationId,
  ...pathParameters(route.path),
  // API Gateway does not import a `default` response; a proxy integration needs none.
  responses: {},
  'x-amazon-apigateway-integration': {
    type: 'aws_proxy',
    httpMethod: 'POST',
    uri,
    passthroughBehavior: 'when_no_match',
  },
})

const pathParameters = (path: string) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
  return names.length === 0
    ? {}
    : { parameters: names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }
}
