import { afterAll, describe, expect, it } from 'vitest'
import { type Assembly, readable, resourcesOf, synthesizeForTest } from '../support/assembly.ts'

describe('the stages', () => {
  const assemblies: Assembly[] = []
  const synthesized = (options: Parameters<typeof synthesizeForTest>[0]) => {
    const assembly = synthesizeForTest({ checks: 'none', ...options })
    assemblies.push(assembly)
    return assembly
  }
  afterAll(() => {
    for (const assembly of assemblies) assembly.close()
  })

  it('differ in price and safety by their values', () => {
    const prod = synthesized({ stage: 'prod' })
    const dev = synthesized({ stage: 'dev' })
    expect(resourcesOf(prod, 'AWS::EC2::NatGateway')).toHaveLength(1)
    expect(resourcesOf(dev, 'AWS::EC2::NatGateway')).toHaveLength(0)
    expect(resourcesOf(prod, 'AWS::RDS::DBInstance')[0]!.Properties).toMatchObject({
      MultiAZ: true,
      DeletionProtection: true,
      StorageEncrypted: true,
    })
    expect(resourcesOf(dev, 'AWS::RDS::DBInstance')[0]!.Properties).toMatchObject({
      MultiAZ: false,
      StorageEncrypted: true,
    })
  })

  it('leave behind in production, and there alone, what cannot be made again', () => {
    const left = (stage: 'dev' | 'prod') =>
      Object.values(synthesized({ stage }).templates)
        .flatMap(({ Resources }) => Object.values(Resources))
        .filter(
          ({ Type, DeletionPolicy = 'Delete' }) =>
            DeletionPolicy !== 'Delete' &&
            /S3::Bucket$|RDS::DBInstance|Secret$|Table$|Queue$|LogGroup/.test(Type),
        )
        .map(({ Type, DeletionPolicy, Properties }) => [Type, DeletionPolicy, Properties.Name])
    expect(left('dev')).toEqual([])
    expect(left('prod')).toEqual([
      ['AWS::RDS::DBInstance', 'Snapshot', undefined],
      ['AWS::S3::Bucket', 'RetainExceptOnCreate', undefined],
      ['AWS::SecretsManager::Secret', 'RetainExceptOnCreate', 'ai-video-hub-prod/auth'],
    ])
  })

  it('protect nothing from deletion in a first deployment, which may have to be rolled back', () => {
    const first = synthesized({ stage: 'prod', environment: { FIRST_DEPLOYMENT: '1' } })
    expect(resourcesOf(first, 'AWS::RDS::DBInstance')[0]!.Properties.DeletionProtection).toBe(false)
  })

  it('use exactly the zones of AVAILABILITY_ZONES: RDS Proxy is missing in some', () => {
    const zones = ['us-east-1b', 'us-east-1d']
    const dev = synthesized({ stage: 'dev', environment: { AVAILABILITY_ZONES: zones.join(', ') } })
    const used = resourcesOf(dev, 'AWS::EC2::Subnet').map(({ Properties }) => Properties.AvailabilityZone)
    expect([...new Set(used)].sort()).toEqual(zones)
    for (const wrong of ['us-east-1a', 'use1-az3,use1-az4'])
      expect(() => synthesized({ stage: 'dev', environment: { AVAILABILITY_ZONES: wrong } })).toThrow(
        /AVAILABILITY_ZONES/,
      )
  })

  it('mail when the monthly budget is spent, if there is an address', () => {
    const dev = synthesized({
      stage: 'dev',
      environment: { ALARM_EMAIL: 'operator@example.com', MONTHLY_BUDGET_USD: '70' },
    })
    const [budget] = resourcesOf(dev, 'AWS::Budgets::Budget')
    expect(budget!.Properties.Budget.BudgetLimit).toEqual({ Amount: 70, Unit: 'USD' })
    const mails = budget!.Properties.NotificationsWithSubscribers.map(
      ({ Notification }: { Notification: { Threshold: number; NotificationType: string } }) =>
        `${Notification.NotificationType} ${Notification.Threshold}`,
    )
    expect(mails).toEqual(['ACTUAL 50', 'ACTUAL 80', 'ACTUAL 100', 'FORECASTED 100'])
  })

  it('save the proxy of the database in dev, where functions then trust the authorities of RDS', () => {
    const trust = (stage: 'dev' | 'prod') => {
      const stages = synthesized({ stage })
      const variables = resourcesOf(stages, 'AWS::Lambda::Function').find(
        ({ Properties }) => Properties.FunctionName === `ai-video-hub-${stage}-videos`,
      )!.Properties.Environment.Variables
      return [resourcesOf(stages, 'AWS::RDS::DBProxy').length, variables.NODE_EXTRA_CA_CERTS]
    }
    expect(trust('dev')).toEqual([0, '/var/runtime/ca-cert.pem'])
    expect(trust('prod')).toEqual([1, undefined])
  })

  it('let no function touch network interfaces by its own code, and close the default security group', () => {
    const prod = synthesized({ stage: 'prod' })
    expect(resourcesOf(prod, 'Custom::VpcRestrictDefaultSG')).toHaveLength(1)
    const denied = resourcesOf(prod, 'AWS::IAM::Policy').flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Deny'),
    )
    const interfaces = denied.filter(({ Condition }) => Condition.ArnEquals)
    expect(interfaces.length).toBeGreaterThan(15)
    for (const { Condition } of interfaces)
      expect(readable(Condition.ArnEquals['lambda:SourceFunctionArn'])).toMatch(
        /:function:ai-video-hub-prod-/,
      )
  })

  it('give links the address of PUBLIC_BASE_URL, which has to be encrypted', () => {
    const urls = (PUBLIC_BASE_URL: string) =>
      resourcesOf(synthesized({ stage: 'dev', environment: { PUBLIC_BASE_URL } }), 'AWS::Lambda::Function')
        .map(({ Properties }) => Properties.Environment?.Variables.PUBLIC_BASE_URL)
        .filter(url => url !== undefined)
    expect(urls('https://api.example.com/api/')).toEqual(Array(2).fill('https://api.example.com/api'))
    expect(() => urls('http://api.example.com')).toThrow(/PUBLIC_BASE_URL/)
  })

  it('refuse origins without TLS in a deployed stage', () => {
    expect(() =>
      synthesized({ stage: 'prod', environment: { FRONTEND_URL: 'http://app.example.com' } }),
    ).toThrow(/not encrypted/)
  })

  it('have a NAT instance that the private subnets can use', () => {
    const dev = synthesized({ stage: 'dev' })
    const [nat] = resourcesOf(dev, 'AWS::EC2::Instance')
    expect(nat!.Properties.NetworkInterfaces[0].AssociatePublicIpAddress).toBe(true)
    expect(nat!.Properties.SourceDestCheck).toBe(false)
    const ingress = resourcesOf(dev, 'AWS::EC2::SecurityGroupIngress').find(({ Properties }) =>
      readable(Properties.GroupId).startsWith('<VpcNat'),
    )
    expect(ingress!.Properties).toMatchObject({
      IpProtocol: '-1',
      SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/^Application/), 'GroupId'] },
    })
  })

  it('take the origins of FRONTEND_URL, and name the caller among several', () => {
    const assembly = synthesized({
      stage: 'dev',
      environment: { FRONTEND_URL: 'https://a.example, https://b.example/' },
    })
    const body = JSON.stringify(resourcesOf(assembly, 'AWS::ApiGateway::RestApi')[0]!.Properties.Body)
    expect(body).toContain('$origin == \\\\\\"https://b.example\\\\\\"'.replaceAll('\\\\\\', '\\'))
    expect(
      resourcesOf(assembly, 'AWS::S3::Bucket')[0]!.Properties.CorsConfiguration.CorsRules[0].AllowedOrigins,
    ).toEqual(['https://a.example', 'https://b.example'])
    // The template of a mock's answer is rendered only for text.
    expect(body).toMatch(/"statusCode":"204","contentHandling":"CONVERT_TO_TEXT"/)
    expect(() => synthesized({ stage: 'dev', environment: { FRONTEND_URL: 'everywhere' } })).toThrow(
      /FRONTEND_URL/,
    )
  })
})
