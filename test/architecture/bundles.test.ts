import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { buildWhatChanged } from '../../local/fresh-build.ts'
import type { Bundle } from '../../scripts/build.ts'

await buildWhatChanged()
const built: Record<string, Bundle> = JSON.parse(await readFile('dist/meta.json', 'utf8'))
const bundles = Object.entries(built).filter(([name]) => name !== 'media-task')

const KB = 1000
const uses = (inputs: string[], name: string) => inputs.some(file => file.includes(`node_modules/@aws-sdk/${name}/`))

/** Which source file calls a client; a client in a bundle without one of its callers is dead weight. */
const CALLERS: Record<string, RegExp> = {
  'client-s3': /^shared\/aws\/(storage|direct-uploads|ranged-reader)/,
  'client-sqs': /^shared\/aws\/queue/,
  'client-sfn': /^shared\/aws\/state-machine/,
  'client-dynamodb': /^shared\/aws\/connections/,
  'client-mediaconvert': /^shared\/aws\/transcod/,
  'client-transcribe': /^shared\/providers\/transcriber/,
  'client-apigatewaymanagementapi': /^shared\/aws\/frame-sender/,
}

describe('bundles', () => {
  test.each(bundles)('%s is within its budget', (_, { eagerBytes, inputs }) => {
    const withClient = inputs.some(file => file.includes('node_modules/@aws-sdk/client-'))
    expect(eagerBytes).toBeLessThanOrEqual((withClient ? 800 : 300) * KB)
  })

  test.each(bundles)('%s has no AWS client that it never calls, and not the whole contract', (_, { inputs }) => {
    const idle = Object.entries(CALLERS).filter(([client, caller]) => uses(inputs, client) && !inputs.some(file => caller.test(file)))
    expect(idle.map(([client]) => client)).toEqual([])
    expect(inputs).not.toContain('shared/contract/index.ts')
  })
})
