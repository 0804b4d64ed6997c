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
    expect(resourcesOf(prod, 'AWS::EC2::NatGateway')).toHaveLength(2)
    expect(resourcesOf(dev, 'AWS::EC2::NatGateway')).toHaveLength(0)
    expect(resourcesOf(prod, 'AWS::RDS::DBInstance')[0]!.Properties).toMatchObject({
      MultiAZ: true,
      DeletionProtection: true,
      StorageEncrypted: true,
    })
    expect(resourcesOf(dev, 'AWS::RDS::DBInstance')[0]!.Properties).toMatchObject({ MultiAZ: false, StorageEncrypted: true })
  })

  it('leave behind in production, and there alone, what cannot be made again', () => {
    const left = (stage: 'dev' | 'prod') =>
      Object.values(synthesized({ stage }).templates)
        .flatMap(({ Resources }) => Object.values(Resources))
        .filter(
          ({ Type, DeletionPolicy = 'Delete' }) =>
            DeletionPolicy !== 'Delete' && /S3::Bucket$|RDS::DBInstance|Secret$|Table$|Queue$|LogGroup/.test(Type),
        )
        .map(({ Type, DeletionPolicy, Properties }) => [Type, DeletionPolicy, Properties.Name])
    expect(left('dev')).toEqual([])
    expect(left('prod')).toEqual([
      ['AWS::RDS::DBInstance', 'Snapshot', undefined],
      ['AWS::S3::Bucket', 'Retain', undefined],
      ['AWS::SecretsManager::Secret', 'Retain', 'ai-video-hub-prod/auth'],
    ])
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
    const assembly = synthesized({ stage: 'dev', environment: { FRONTEND_URL: 'https://a.example, https://b.example/' } })
    const body = JSON.stringify(resourcesOf(assembly, 'AWS::ApiGateway::RestApi')[0]!.Properties.Body)
    expect(body).toContain('$origin == \\\\\\"https://b.example\\\\\\"'.replaceAll('\\\\\\', '\\'))
    expect(resourcesOf(assembly, 'AWS::S3::Bucket')[0]!.Properties.CorsConfiguration.CorsRules[0].AllowedOrigins).toEqual([
      'https://a.example',
      'https://b.example',
    ])
    expect(() => synthesized({ stage: 'dev', environment: { FRONTEND_URL: 'everywhere' } })).toThrow(/FRONTEND_URL/)
  })
})
