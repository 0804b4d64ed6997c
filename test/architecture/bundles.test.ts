import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { buildWhatChanged } from '../../dev/fresh-build.ts'
import { type FunctionName, functionTable } from '../../infra/functions.ts'
import type { Bundle } from '../../scripts/build.ts'

await buildWhatChanged()
const built: Record<string, Bundle> = JSON.parse(await readFile('dist/meta.json', 'utf8'))
const bundles = Object.entries(built).filter(([name]) => name !== 'media-task')

const KB = 1000

/** The word that must allow a function's client, by its row, when its bundle holds a client. */
const USES: Record<string, RegExp> = {
  'client-s3': /^bucket:/,
  'client-sqs': /^queue:/,
  'client-sfn': /^pipeline:/,
  'client-dynamodb': /^connections:/,
  'client-mediaconvert': /^mediaconvert:/,
  'client-transcribe': /^transcribe$/,
  'client-apigatewaymanagementapi': /^manage-connections$/,
}

describe('bundles', () => {
  test.each(bundles)('%s is within its budget', (_, { eagerBytes, inputs }) => {
    const withClient = inputs.some(file => file.includes('node_modules/@aws-sdk/client-'))
    expect(eagerBytes).toBeLessThanOrEqual((withClient ? 800 : 300) * KB)
  })

  test.each(bundles)(
    '%s has no AWS client that its row gives it no use for, and not the whole contract',
    (name, { inputs }) => {
      const { uses } = functionTable[name as FunctionName]
      const clients = new Set(
        inputs.flatMap(file => file.match(/node_modules\/@aws-sdk\/(client-[\w-]+)\//)?.[1] ?? []),
      )
      expect([...clients].filter(client => !uses.some(use => USES[client]?.test(use)))).toEqual([])
      expect(inputs).not.toContain('shared/contract/index.ts')
    },
  )
})
