import { expect, it } from 'vitest'
import { STAGE_NAMES } from '../../infra/stages.ts'
import { ignored } from '../../packages/local-aws/src/deploy/ignored.ts'
import { resourceKinds } from '../../packages/local-aws/src/deploy/resource-kinds.ts'
import { synthesizeForTest } from '../support/assembly.ts'

it('what is emulated or left out on one machine is what the templates of the stages hold, and nothing else', () => {
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
  expect([...resourceKinds.keys(), ...Object.keys(ignored)].sort()).toEqual([...found].sort())
})
