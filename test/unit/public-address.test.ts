import type { APIGatewayProxyEvent } from 'aws-lambda'
import { expect, it } from 'vitest'
import { systemRoutes } from '../../shared/contract/system.ts'
import { readRequest } from '../../shared/lambda/http/read-request.ts'

const event = {
  ...{ body: null, headers: { 'X-Forwarded-Proto': 'https' } },
  requestContext: { requestId: 'r', domainName: 'abc.execute-api.us-east-1.amazonaws.com', stage: 'api' },
} as unknown as APIGatewayProxyEvent

it('links begin with the address that was called, or with PUBLIC_BASE_URL where it is set', () => {
  const baseUrlOf = (publicBaseUrl?: string) =>
    readRequest(systemRoutes.getHealth, event, publicBaseUrl).baseUrl
  expect(baseUrlOf()).toBe('https://abc.execute-api.us-east-1.amazonaws.com/api')
  expect(baseUrlOf('https://api.example.com/api')).toBe('https://api.example.com/api')
})
