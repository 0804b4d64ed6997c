import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acknowledgements } from '../../infra/nag.ts'
import { STAGE_NAMES, type StageName } from '../../infra/stages.ts'
import { createApp } from '../../infra/synth.ts'
import { type Assembly, synthesizeForTest } from '../support/assembly.ts'

type Violation = {
  ruleName: string
  acknowledgedId?: string
  acknowledgedAt?: string
  violatingConstructs: { constructPath: string }[]
}
type Report = {
  pluginReports: { pluginName: string; violations: Violation[]; suppressedViolations?: Violation[] }[]
}

const assemblies = new Map<string, Assembly>()
const reports = new Map<string, Report>()

beforeAll(() => {
  for (const stage of STAGE_NAMES) {
    const assembly = synthesizeForTest({ stage, checks: 'full' })
    assemblies.set(stage, assembly)
    reports.set(stage, JSON.parse(readFileSync(join(assembly.folder, 'validation-report.json'), 'utf8')))
  }
}, 300_000)

afterAll(() => {
  for (const assembly of assemblies.values()) assembly.close()
})

describe.each(STAGE_NAMES)('the templates of %s', stage => {
  it('pass the CloudFormation validation and both rule packs, warnings included', () => {
    const { pluginReports } = reports.get(stage)!
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([])
    expect(pluginReports.map(report => report.pluginName)).toEqual(
      expect.arrayContaining(['AwsSolutions', 'Serverless']),
    )
  })
})

describe('an acknowledgement', () => {
  it('meets a finding in at least one stage', () => {
    const unmet = STAGE_NAMES.map(stage => {
      const prefix = `ai-video-hub-${stage}`
      const met = reports
        .get(stage)!
        .pluginReports.flatMap(({ suppressedViolations = [] }) => suppressedViolations)
        .map(({ acknowledgedId, acknowledgedAt = '' }) => ({
          id: acknowledgedId,
          at: acknowledgedAt.replace(`${prefix}-`, ''),
        }))
      const rows = acknowledgements(appOf(stage), prefix)
      return rows.map(({ id, on }, index) =>
        met.some(finding => finding.id === id && on.test(finding.at)) ? '' : `row ${index}: ${id}`,
      )
    })
    expect(unmet[0]!.filter((row, index) => row && unmet.every(rows => rows[index]))).toEqual([])
  })

  it('says why in a sentence', () => {
    for (const { reason } of acknowledgements(appOf('dev'), 'ai-video-hub-dev'))
      expect(reason).toMatch(/^[\w$].{30,}\.$/)
  })
})

const appOf = (stage: StageName) => {
  const { folder } = assemblies.get(stage)!
  return createApp({
    stage,
    checks: 'none',
    distDir: join(folder, '../dist'),
    outDir: join(folder, '../again'),
  })
}
