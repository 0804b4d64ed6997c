import { type Answer, parameterValue, type Variables } from './gateway-response.ts'
import { runMappingTemplate } from './mapping-template.ts'
import type { Integration } from './openapi-routes.ts'

const HEADER = 'method.response.header.'

/** The answer of a mock integration, which the API uses for CORS preflights. */
export const mockAnswer = (
  integration: Extract<Integration, { type: 'mock' }>,
  variables: Variables,
): Answer | undefined => {
  const status = integration.requestTemplate.match(/"?statusCode"?\s*:\s*(\d{3})/)?.[1]
  if (!status) return undefined
  const { responses } = integration
  const pattern = Object.keys(responses).find(
    key => key !== 'default' && new RegExp(`^(?:${key})$`).test(status),
  )
  const response = responses[pattern ?? 'default']
  if (!response) return undefined
  const headers: Record<string, string> = {}
  for (const [target, expression] of Object.entries(response.responseParameters ?? {})) {
    const value = parameterValue(expression, variables)
    if (target.startsWith(HEADER) && value !== undefined) headers[target.slice(HEADER.length)] = value
  }
  const input = { header: (name: string) => variables(`method.request.header.${name}`) }
  const mapped = runMappingTemplate(response.responseTemplates?.['application/json'] ?? '', input)
  return {
    status: mapped.status ?? Number(response.statusCode),
    headers: { ...headers, ...mapped.headers },
    body: mapped.text,
  }
}
