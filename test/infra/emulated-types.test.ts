import { expect, it } from 'vitest'
import { STAGE_NAMES } from '../../infra/stages.ts'
import { ignored } from '../../packages/local-aws/src/deploy/ignored.ts'
import { resourceKinds } from '../../packages/local-aws/src/deploy/resource-kinds.ts'
import { synthesizeForTest } from '../support/assembly.ts'

it('every type of the templates is emulated or ignored, and no other type is ignored', () => {
  const found = new Set<string>()
  for (const stage of STAGE_NAMES) {
    const assembly = synthesizeForTest({
      stage,
      checks: 'none',
      environment: { ALARM_EMAIL: 'operator@example.com' },
    })
    for (const { Resources } of Object.values(assembly.templates))
      for (const { Type } of Object.values(Resources)) found.add(Type)
    assembly.close()
  }
  const left = [...found].filter(type => !resourceKinds.has(type))
  expect(left.sort()).toEqual(Object.keys(ignored).sort())
})
