/** A response of the gateway itself, before or instead of a function. */
export type GatewayResponseType =
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE'
  | 'INTEGRATION_TIMEOUT'
  | 'API_CONFIGURATION_ERROR'
  | 'BAD_REQUEST_PARAMETERS'

export type Answer = { status: number; headers: Record<string, string | string[]>; body: string | Buffer }

/** As the OpenAPI extension writes it. */
export type GatewayResponse = {
  statusCode?: string | number
  responseTemplates?: Record<string, string>
  responseParameters?: Record<string, string>
}

/**
 * Variables of a template by their path without `$`, such as `context.requestId` or
 * `method.request.header.Origin`.
 */
export type Variables = (path: string) => string | undefined

const BUILT_IN: Record<GatewayResponseType, { status: number; message: string }> = {
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  API_CONFIGURATION_ERROR: { status: 502, message: 'Internal server error' },
  BAD_REQUEST_PARAMETERS: { status: 400, message: 'Bad Request' },
}

const DEFAULT_TEMPLATES = { 'application/json': '{"message":$context.error.messageString}' }

/** The value of a response parameter: a quoted literal or a variable. */
export const parameterValue = (expression: string, variables: Variables): string | undefined =>
  expression.startsWith("'") ? expression.slice(1, -1) : variables(expression)

const VARIABLE = /\$(?:\{(context\.[\w.-]+)\}|(context(?:\.[\w-]+)+))/g

const substitute = (template: string, variables: Variables) =>
  template.replaceAll(VARIABLE, (_, braced?: string, bare?: string) => variables(braced ?? bare ?? '') ?? '')

const chooseTemplate = (templates: Record<string, string>, accept: string): [string, string] => {
  const entries = Object.entries(templates)
  const wanted =
    entries.find(([type]) => accept.includes(type)) ?? entries.find(([type]) => type === 'application/json')
  return wanted ?? entries[0] ?? ['application/json', '']
}

/**
 * Renders the gateway's own answer: the customised one of its type, else of DEFAULT_4XX or
 * DEFAULT_5XX, else API Gateway's built-in one.
 */
export const renderGatewayResponse = (
  responses: Record<string, GatewayResponse>,
  type: GatewayResponseType,
  accept: string,
  variables: Variables,
): Answer => {
  const { status, message } = BUILT_IN[type]
  const fallback = responses[status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX']
  const definition = responses[type] ?? fallback
  const known: Record<string, string> = {
    'context.error.message': message,
    'context.error.messageString': JSON.stringify(message),
    'context.error.responseType': type,
  }
  const all: Variables = path => known[path] ?? variables(path)
  const [contentType, template] = chooseTemplate(definition?.responseTemplates ?? DEFAULT_TEMPLATES, accept)
  const headers: Record<string, string> = { 'Content-Type': contentType }
  for (const [target, expression] of Object.entries(definition?.responseParameters ?? {})) {
    const value = parameterValue(expression, all)
    const name = target.replace('gatewayresponse.header.', '')
    if (value === undefined) continue
    for (const other of Object.keys(headers))
      if (other.toLowerCase() === name.toLowerCase()) delete headers[other]
    headers[name] = value
  }
  return {
    status: Number(definition?.statusCode ?? fallback?.statusCode ?? status),
    headers,
    body: substitute(template, all),
  }
}
