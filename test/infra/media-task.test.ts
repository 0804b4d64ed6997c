import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STAGE_NAMES } from '../../infra/stages.ts'
import { type Assembly, resourcesOf, synthesizeForTest } from '../support/assembly.ts'

describe.each(STAGE_NAMES)('the media task of %s', stage => {
  let assembly: Assembly
  beforeAll(() => {
    assembly = synthesizeForTest({ stage, checks: 'none' })
  }, 120_000)
  afterAll(() => assembly.close())

  const definition = () => resourcesOf(assembly, 'AWS::ECS::TaskDefinition')[0]!
  const container = () => definition().Properties.ContainerDefinitions[0]

  it('knows no database and no cache', () => {
    const names = container().Environment.map(({ Name }: { Name: string }) => Name)
    expect(names.sort()).toEqual(['AWS_S3_BUCKET', 'FFMPEG_UID', 'MEDIA_PROGRESS_QUEUE_URL', 'NODE_ENV'])
    const role = definition().Properties.TaskRoleArn['Fn::GetAtt'][0]
    const policies = resourcesOf(assembly, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes(role),
    )
    const actions = policies.flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string[] }) => Action),
    )
    expect([...new Set(actions)].sort()).toEqual(['s3:GetObject', 's3:PutObject', 'sqs:SendMessage'])
  })

  it('reaches AWS by TLS and nothing else, and is reached by nothing', () => {
    const [machine] = resourcesOf(assembly, 'AWS::StepFunctions::StateMachine')
    const definition = JSON.stringify(machine!.Properties.DefinitionString)
    expect(definition).toMatch(/SecurityGroups.{0,100}FnGetAttMediaTask\w+GroupId/)
    expect(definition).not.toMatch(/FnGetAttApplication\w+GroupId/)
    const groups = resourcesOf(assembly, 'AWS::EC2::SecurityGroup').filter(
      ({ Properties }) => Properties.GroupDescription === 'The media task',
    )
    expect(groups).toHaveLength(1)
    expect(groups[0]!.Properties.SecurityGroupEgress).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ])
    expect(groups[0]!.Properties.SecurityGroupIngress).toBeUndefined()
    const openTo = resourcesOf(assembly, 'AWS::EC2::SecurityGroupIngress').map(({ Properties }) =>
      JSON.stringify(Properties.SourceSecurityGroupId),
    )
    expect(openTo.filter(group => group?.includes('MediaTask')).length).toBe(stage === 'prod' ? 0 : 1)
    expect(resourcesOf(assembly, 'AWS::EC2::SecurityGroupEgress')).toEqual([])
  })

  it('writes to its work folder alone, with the capabilities to run ffmpeg as another user', () => {
    expect(container()).toMatchObject({
      ReadonlyRootFilesystem: true,
      MountPoints: [{ ContainerPath: '/work', ReadOnly: false }],
      LinuxParameters: {
        Capabilities: { Drop: expect.arrayContaining(['DAC_OVERRIDE', 'NET_RAW', 'SETPCAP', 'SYS_CHROOT']) },
      },
    })
    expect(readFileSync('media-task/Dockerfile', 'utf8')).toMatch(/^ENV TMPDIR=\/work$/m)
    for (const kept of ['CHOWN', 'KILL', 'SETGID', 'SETUID'])
      expect(container().LinuxParameters.Capabilities.Drop).not.toContain(kept)
  })
})

describe("the media task's Dockerfile", () => {
  it('copies only what the build leaves and the context sends', () => {
    const copies = [
      ...readFileSync('media-task/Dockerfile', 'utf8').matchAll(/^COPY (?:--\S+ )*(\S+) /gm),
    ].map(match => match[1]!)
    expect(copies.length).toBeGreaterThan(0)
    for (const source of copies) {
      expect(existsSync(source), `${source} after npm run build`).toBe(true)
      expect(source).toMatch(/^dist\/media-task\b/)
    }
  })

  it('keeps the program from the user of ffmpeg', () => {
    expect(readFileSync('media-task/Dockerfile', 'utf8')).toMatch(/^RUN chmod 0700 \/app$/m)
  })
})
