import { expect, test } from 'vitest'
import { renderLeanOpenApi } from '../../infra/constructs/lean-openapi.ts'
import { startRestGateway } from '../../packages/local-aws/src/services/api-gateway/rest.ts'
import { routes } from '../../shared/contract/index.ts'

test('the gateway of the contract sends a form of 7 MB, which no function can be given, to the JSON form', async () => {
  const origins = ['https://app.example.com']
  const integrationUri = (name: string) =>
    `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${name}/invocations`
  const body = renderLeanOpenApi({ title: 'hub', routes, origins, integrationUri })
  const invoke = () => Promise.reject(new Error('no function is asked'))
  const gateway = await startRestGateway({ port: 0, body, stageName: 'api', invoke, log: () => {} })
  const form = new FormData()
  form.append('title', 'Lecture')
  form.append('file', new Blob([new Uint8Array(7_000_000)], { type: 'video/mp4' }), 'lecture.mp4')
  const refused = await fetch(`${gateway.url}/videos/upload`, {
    method: 'POST',
    body: form,
    headers: { Origin: origins[0]! },
  })
  await gateway.close()
  expect(refused.headers.get('access-control-allow-origin')).toBe(origins[0])
  expect(await refused.json()).toMatchObject({
    status: 413,
    code: 'request.body_too_large',
    retryable: false,
    detail: expect.stringContaining('application/json to /api/videos/upload'),
  })
})
