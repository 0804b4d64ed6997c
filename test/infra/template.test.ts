import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionTable } from '../../infra/functions.ts'
import { STAGE_NAMES } from '../../infra/stages.ts'
import { Problem } from '../../scripts/contract/openapi.ts'
import { routes } from '../../shared/contract/index.ts'
import { queues } from '../../shared/contract/queues.ts'
import { type Assembly, readable, resourcesOf, synthesizeForTest } from '../support/assembly.ts'

type Operation = {
  'x-amazon-apigateway-integration': { type: string; uri?: unknown; responses?: Record<string, object> }
}
type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: object }

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

describe.each(STAGE_NAMES)('the templates of %s', stage => {
  let assembly: Assembly
  beforeAll(() => {
    assembly = synthesizeForTest({ stage, checks: 'none' })
  }, 120_000)
  afterAll(() => assembly.close())

  const prefix = `ai-video-hub-${stage}`
  const only = (type: string) => {
    const found = resourcesOf(assembly, type)
    expect(found, type).toHaveLength(1)
    return found[0]!
  }
  const functionId = (name: string) =>
    resourcesOf(assembly, 'AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === `${prefix}-${name}`,
    )!.id
  const queueNamed = (name: string) =>
    resourcesOf(assembly, 'AWS::SQS::Queue').find(
      ({ Properties }) => Properties.QueueName === `${prefix}-${name}`,
    )!

  it('stay far below the limit of 500 resources a stack', () => {
    for (const [name, { Resources }] of Object.entries(assembly.templates))
      expect(Object.keys(Resources).length, name).toBeLessThan(400)
  })

  it('serve every route of the contract by its function, and no other', () => {
    const paths: Record<string, Record<string, Operation>> = only('AWS::ApiGateway::RestApi').Properties.Body
      .paths
    const served = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method]) => method !== 'options' && !method.startsWith('x-amazon-'))
        .map(([method, operation]) => [
          method.toUpperCase(),
          path,
          readable(operation['x-amazon-apigateway-integration'].uri),
        ]),
    )
    const wanted = Object.values(routes).flatMap(({ method, path, function: name }) =>
      (method === 'GET' ? ['GET', 'HEAD'] : [method]).map(served => [
        served,
        path,
        expect.stringContaining(`/functions/<${functionId(name)}.Arn>/invocations`),
      ]),
    )
    expect(served).toHaveLength(wanted.length)
    expect(served).toEqual(expect.arrayContaining(wanted))
    for (const { options, 'x-amazon-apigateway-any-method': others } of Object.values(paths))
      expect([options, others].map(operation => operation!['x-amazon-apigateway-integration'])).toMatchObject(
        [{ type: 'mock' }, { type: 'mock' }],
      )
  })

  it('answer unknown addresses with a problem document', () => {
    const { Body } = only('AWS::ApiGateway::RestApi').Properties
    const answer = Body['x-amazon-apigateway-gateway-responses'].MISSING_AUTHENTICATION_TOKEN
    expect(answer.statusCode).toBe('404')
    expect(JSON.parse(answer.responseTemplates['application/json'])).toMatchObject({
      status: 404,
      code: 'route.not_found',
    })
    expect(answer.responseParameters['gatewayresponse.header.Content-Type']).toBe(
      "'application/problem+json'",
    )
  })

  it('answer for the gateway itself with problem documents as published, and say when to try again', () => {
    const { Body } = only('AWS::ApiGateway::RestApi').Properties
    const answers: [string, { statusCode: string; responseTemplates: Record<string, string> }][] =
      Object.entries(Body['x-amazon-apigateway-gateway-responses'])
    expect(answers.length).toBeGreaterThan(10)
    for (const [type, { statusCode, responseTemplates }] of answers) {
      const document = Problem.parse(JSON.parse(responseTemplates['application/json']!))
      expect([type, String(document.status), document.retryable]).toEqual([
        type,
        statusCode,
        /^5|^429/.test(statusCode),
      ])
    }
  })

  it('give every queue of the contract a dead-letter queue and its consumer', () => {
    for (const [name, { fifo, function: consumer }] of Object.entries(queues)) {
      const suffix = fifo ? '.fifo' : ''
      const queue = queueNamed(name + suffix)
      const dead = queueNamed(`${name}-dead${suffix}`)
      expect(queue.Properties.RedrivePolicy.deadLetterTargetArn).toEqual({ 'Fn::GetAtt': [dead.id, 'Arn'] })
      const source = resourcesOf(assembly, 'AWS::Lambda::EventSourceMapping').find(({ Properties }) =>
        readable(Properties.EventSourceArn).includes(queue.id),
      )!
      expect(source.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
      expect(source.Properties.FunctionName).toEqual({ Ref: functionId(consumer) })
      // AWS: at least six times the function's time-out, or messages come twice.
      const { timeoutSeconds } = functionTable[consumer as keyof typeof functionTable]
      if (!fifo) expect(queue.Properties.VisibilityTimeout).toBe(timeoutSeconds * 6)
    }
  })

  it('let nobody’s events wait for more than a minute after one that failed', () => {
    const { VisibilityTimeout } = queueNamed('events.fifo').Properties
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(functionTable['worker-relay'].timeoutSeconds)
    expect(VisibilityTimeout).toBeLessThanOrEqual(60)
  })

  it('push events over a WebSocket API whose every message reaches one function', () => {
    expect(only('AWS::ApiGatewayV2::Stage').Properties.StageName).toBe('ws')
    const keys = resourcesOf(assembly, 'AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties.RouteKey,
    )
    expect(keys.sort()).toEqual(['$connect', '$default', '$disconnect'])
    for (const { Properties } of resourcesOf(assembly, 'AWS::ApiGatewayV2::Integration'))
      expect(readable(Properties.IntegrationUri)).toContain(`<${functionId('realtime')}.Arn>`)
  })

  it('hand uploads, and of our own making only what Transcribe may write too late, to the ingest queue', () => {
    const { QueueConfigurations } = only('Custom::S3BucketNotifications').Properties.NotificationConfiguration
    const rules = QueueConfigurations.map(
      ({ Filter }: { Filter: { Key: { FilterRules: { Name: string; Value: string }[] } } }) =>
        Object.fromEntries(Filter.Key.FilterRules.map(({ Name, Value }) => [Name, Value])),
    )
    expect(rules).toEqual([{ prefix: 'users/' }, { prefix: 'media/', suffix: '/transcript.json' }])
    for (const { Events, QueueArn } of QueueConfigurations) {
      expect(Events).toEqual(['s3:ObjectCreated:*'])
      expect(readable(QueueArn)).toBe(`<${queueNamed('ingest').id}.Arn>`)
    }
  })

  it('keep the bucket private and forget unfinished uploads', () => {
    const { Properties } = only('AWS::S3::Bucket')
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true])
    expect(Properties.LifecycleConfiguration.Rules[0]).toMatchObject({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    })
    expect(Properties.CorsConfiguration.CorsRules[0].ExposedHeaders).toEqual(
      expect.arrayContaining(['ETag', 'Content-Range']),
    )
  })

  it('grant "*" only for actions that know no resources', () => {
    const withoutResource =
      /^(xray:Put\w+|ecr:GetAuthorizationToken|ec2:(\w+NetworkInterfaces?|DescribeSubnets|(Una|A)ssignPrivateIpAddresses)|transcribe:StartTranscriptionJob)$/
    const ofFunctions = resourcesOf(assembly, 'AWS::IAM::Policy').filter(
      ({ id }) =>
        /^\w+Role(DefaultPolicy)/.test(id) && !/^(Pipeline)?StateMachine|Bucket|Pipeline\w*Machine/.test(id),
    )
    expect(ofFunctions.length).toBeGreaterThanOrEqual(Object.keys(functionTable).length)
    const broad = ofFunctions
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
      .filter(({ Resource }) => list(Resource).includes('*'))
      .flatMap(({ Action }) => list(Action))
    expect(broad.filter(action => !withoutResource.test(action))).toEqual([])
  })

  it('let an execution that a deployment overtakes start the new revision of the media task, whose family it names', () => {
    const statements = resourcesOf(assembly, 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
      .filter(({ Action }) => list(Action).includes('ecs:RunTask'))
    const family = only('AWS::ECS::TaskDefinition').Properties.Family
    expect(statements.flatMap(({ Resource }) => list(Resource).map(readable))).toContainEqual(
      expect.stringMatching(new RegExp(`:task-definition/${family}:\\*$`)),
    )
  })

  it('let the signers of links read what the links lead to', () => {
    for (const name of ['videos', 'uploads'] as const)
      expect(functionTable[name].uses).toEqual(
        expect.arrayContaining(['bucket:read:users', 'bucket:read:media']),
      )
  })

  it('migrate the database before anything else uses it', () => {
    const trigger = only('Custom::Trigger')
    expect(readable(trigger.Properties.HandlerArn)).toMatch(/^<Migrate/)
    // CDK's handler waits for two minutes unless it is told how long the function may take.
    expect(trigger.Properties.Timeout).toBe(String(functionTable.migrate.timeoutSeconds * 1000))
    const manifest = JSON.parse(readFileSync(`${assembly.folder}/manifest.json`, 'utf8'))
    for (const later of ['media', 'api'])
      expect(manifest.artifacts[`${prefix}-${later}`].dependencies).toContain(`${prefix}-data`)
  })

  it('keep what EventBridge cannot tell, or what no try could do with it, but no run of a schedule: the next one comes', () => {
    const outcomeOf = (name: string) =>
      resourcesOf(assembly, 'AWS::Lambda::EventInvokeConfig').find(
        ({ Properties }) => Properties.FunctionName.Ref === functionId(name),
      )?.Properties
    for (const { Properties } of resourcesOf(assembly, 'AWS::Events::Rule'))
      for (const { Arn, DeadLetterConfig } of Properties.Targets) {
        const scheduled = Properties.ScheduleExpression !== undefined
        expect([readable(Arn), readable(DeadLetterConfig?.Arn)]).toEqual([
          `<${functionId(scheduled ? 'scheduled-reconcile' : 'pipeline-fail')}.Arn>`,
          scheduled ? 'undefined' : expect.stringMatching(/^<Undelivered/),
        ])
      }
    expect(readable(outcomeOf('pipeline-fail')?.DestinationConfig.OnFailure.Destination)).toMatch(
      /^<Undelivered/,
    )
    expect(outcomeOf('scheduled-reconcile')).toMatchObject({ MaximumRetryAttempts: 0 })
    expect(outcomeOf('scheduled-reconcile')?.DestinationConfig).toBeUndefined()
  })

  it('end every log, and write no query string into one', () => {
    const groups = resourcesOf(assembly, 'AWS::Logs::LogGroup')
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBeGreaterThan(0)
    const functions = resourcesOf(assembly, 'AWS::Lambda::Function').map(
      ({ id, Properties }) => Properties.FunctionName ?? `<${id}>`,
    )
    const writers = [
      ...functions.map(name => `/aws/lambda/${name}`),
      ...resourcesOf(assembly, 'AWS::RDS::DBProxy').map(
        ({ Properties }) => `/aws/rds/proxy/${Properties.DBProxyName}`,
      ),
      `API-Gateway-Execution-Logs_<${only('AWS::ApiGateway::RestApi').id}>/api`,
    ]
    expect(groups.map(({ Properties }) => readable(Properties.LogGroupName))).toEqual(
      expect.arrayContaining(writers),
    )
    const stages = [only('AWS::ApiGateway::Stage'), only('AWS::ApiGatewayV2::Stage')]
    for (const { Properties } of stages)
      expect(JSON.stringify(Properties.AccessLogSetting ?? Properties.AccessLogSettings)).not.toMatch(
        /query|\$context\.path/i,
      )
    // It carries its own quotation marks: within those of the line they would end the value.
    expect(JSON.stringify(stages)).not.toContain('$context.error.messageString')
    expect(only('AWS::RDS::DBParameterGroup').Properties.Parameters).toMatchObject({
      log_parameter_max_length: '0',
    })
    expect(only('AWS::ApiGateway::Stage').Properties.MethodSettings[0]).toMatchObject({
      LoggingLevel: 'ERROR',
      DataTraceEnabled: false,
    })
  })

  it('let alarms ring the topic, over TLS only', () => {
    const [policy] = resourcesOf(assembly, 'AWS::SNS::TopicPolicy')
    const statements: { Effect: string; Principal: unknown; Action: string }[] =
      policy!.Properties.PolicyDocument.Statement
    expect(statements.map(({ Effect, Principal }) => [Effect, Principal])).toEqual([
      ['Deny', '*'],
      ['Allow', { Service: 'cloudwatch.amazonaws.com' }],
    ])
  })

  it('ring when an AI service fails, by the words that the functions really log', () => {
    const { Namespace, MetricName } = resourcesOf(assembly, 'AWS::CloudWatch::Alarm').find(({ Properties }) =>
      Properties.AlarmName.endsWith('-ai-failing'),
    )!.Properties
    const counted = resourcesOf(assembly, 'AWS::Logs::MetricFilter').map(({ Properties }) => {
      expect(Properties.MetricTransformations).toMatchObject([
        { MetricNamespace: Namespace, MetricName, MetricValue: '1' },
      ])
      return [
        readable(Properties.LogGroupName).replace(/Logs.*/, ''),
        Properties.FilterPattern.match(/\?"(.*?)"/)[1],
      ]
    })
    expect(counted).toEqual([
      ['<PipelineTranscribe', 'AI service failed'],
      ['<PipelineSummarise', 'Summary generation failed'],
      ['<WorkerSummarise', 'Summary generation failed'],
    ])
    for (const [, words] of counted)
      expect(
        ['pipeline/transcribe', 'pipeline/summarise', 'workers/summarise'].map(file =>
          readFileSync(`functions/${file}.ts`, 'utf8'),
        ),
      ).toContainEqual(expect.stringContaining(`'${words}'`))
  })

  it('say with every alarm what a user loses, and the runbook has a section for it', () => {
    const runbook = readFileSync('docs/runbook.md', 'utf8')
    const alarms = resourcesOf(assembly, 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThan(10)
    for (const { Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(/^[A-Z].{40,}\.$/)
      expect(runbook).toContain(`\n## ${Properties.AlarmName.replace(`${prefix}-`, '')}\n`)
    }
  })
})
