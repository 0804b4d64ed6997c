import { expect, test } from 'vitest'
import { renderLeanOpenApi } from '../../infra/constructs/lean-openapi.ts'
import { startRestGateway } from '../../packages/local-aws/src/services/api-gateway/rest.ts'
import { routes } from '../../shared/contract/index.ts'

const origins = ['https://app.example.com', 'https://second.example.com']
const integrationUri = (name: string) =>
  `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${name}/invocations`
const body = renderLeanOpenApi({ title: 'hub', routes, origins, integrationUri })
const invoke = () => Promise.reject(new Error('no function is asked'))
const serve = () => startRestGateway({ port: 0, body, stageName: 'api', invoke, log: () => {} })

test.each([
  ['DELETE', '/health', 'GET, HEAD, OPTIONS', undefined],
  ['PATCH', '/videos/2f1c7f9e-7d1e-4f2c-9a53-0c1f6a3c8b10', 'GET, HEAD, PUT, DELETE, OPTIONS', undefined],
  ['GET', '/auth/login', 'POST, OPTIONS', undefined],
  ['PUT', '/videos/upload', 'POST, OPTIONS', 'multipart/form-data; boundary=x'],
])(
  '%s %s is a wrong method, which costs no function and names the right ones',
  async (method, path, allow, type) => {
    const gateway = await serve()
    const headers = { Origin: origins[1]!, ...(type && { 'Content-Type': type }) }
    const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(type && { body: '--x--' }) })
    await gateway.close()
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allow.split(', ').sort())
    expect(answer.headers.get('access-control-allow-origin')).toBe(origins[1])
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 405, code: 'route.method_not_allowed' })
  },
)

test('the gateway of the contract sends a form of 7 MB, which no function can be given, to the JSON form', async () => {
  const gateway = await serve()
  const form = new FormData()
  form.append('title', 'Lecture')
  form.append('file', new Blob([new Uint8Array(7_000_000)], { type: 'video/mp4' }), 'lecture.mp4')
  const refused = await fetch(`${gateway.url}/videos/upload`, {
    method: 'POST',
    body: form,
    headers: { Origin: origins[0]! },
  })
  await gateway.close()
  expect(refused.headers.get('access-control-allow-origin')).toBe('*')
  expect(await refused.json()).toMatchObject({
    status: 413,
    code: 'upload.too_large',
    retryable: false,
    detail: expect.stringContaining('application/json to /api/videos/upload'),
  })
})
