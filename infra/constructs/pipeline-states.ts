import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import {
  IntegrationPattern,
  JitterType,
  JsonPath,
  type RetryProps,
  TaskInput,
  type TaskStateBase,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions'
import { EcsFargateLaunchTarget, EcsRunTask, LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'
import type { MediaTaskMode } from '../../shared/contract/media-report.ts'
import { MEDIA_PROBLEM } from '../../shared/contract/pipeline.ts'
import type { Foundation } from '../foundation.ts'
import type { MediaTask } from './media-task.ts'

const backoff = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
}

const lambdaRetries: RetryProps[] = [
  { errors: [MEDIA_PROBLEM], maxAttempts: 0 },
  { errors: ['States.ALL'], maxAttempts: 4, ...backoff },
]

/**
 * Fargate refuses a task for want of capacity or quota by these names. A new account has a quota of
 * a few vCPU, so a video waits: 30 s doubled up to 10 min, 8 times = 45 min, without jitter.
 */
const noCapacity: RetryProps = {
  errors: [
    'ECS.AmazonECSException',
    'ECS.InvalidParameterException',
    'ECS.ServerException',
    'ECS.ClusterNotFoundException',
  ],
  interval: Duration.seconds(30),
  backoffRate: 2,
  maxDelay: Duration.minutes(10),
  maxAttempts: 8,
}

/**
 * Returns the payload of one state: the fields that every function of the pipeline gets, and its
 * own.
 */
const payload = (extra: Record<string, unknown>) =>
  TaskInput.fromObject({
    runId: JsonPath.stringAt('$$.Execution.Name'),
    input: JsonPath.objectAt('$$.Execution.Input'),
    state: JsonPath.objectAt('$'),
    ...extra,
  })

/**
 * A Lambda state. Its answer goes to `$.<result>`, or nowhere. A state that something else makes up
 * for has no `retries`.
 */
export const lambdaState = (
  scope: Construct,
  name: string,
  lambdaFunction: IFunction,
  {
    result,
    retries = lambdaRetries,
    ...extra
  }: {
    result?: string
    retries?: RetryProps[]
    action?: 'start' | 'check'
    mode?: MediaTaskMode
    error?: unknown
  } = {},
) => {
  const state = new LambdaInvoke(scope, name, {
    lambdaFunction,
    payload: payload(extra),
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    resultPath: result ? `$.${result}` : JsonPath.DISCARD,
  })
  for (const retry of retries) state.addRetry(retry)
  return state
}

/** A state that runs the media task and waits for it to end. */
export const mediaTaskState = (
  scope: Construct,
  name: string,
  mode: MediaTaskMode,
  task: MediaTask,
  foundation: Foundation,
): TaskStateBase => {
  const environment = {
    VIDEO_ID: JsonPath.stringAt('$$.Execution.Input.videoId'),
    RUN_ID: JsonPath.stringAt('$$.Execution.Name'),
    SOURCE_KEY: JsonPath.stringAt('$.film.key'),
    SOURCE_ETAG: JsonPath.stringAt('$.film.eTag'),
    SPOKEN_LANGUAGE: JsonPath.stringAt('$.film.language'),
    MEDIA_TASK_MODE: mode,
  }
  const state = new EcsRunTask(scope, name, {
    integrationPattern: IntegrationPattern.RUN_JOB,
    cluster: task.cluster,
    taskDefinition: task.definition,
    launchTarget: new EcsFargateLaunchTarget(),
    subnets: task.subnets,
    securityGroups: [foundation.mediaTaskGroup],
    containerOverrides: [
      {
        containerDefinition: task.container,
        environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
      },
    ],
    resultPath: JsonPath.DISCARD,
  })
  return state.addRetry(noCapacity).addRetry({ errors: ['States.ALL'], maxAttempts: 3, ...backoff })
}

/** The pause between two questions. */
export const waitState = (scope: Construct, name: string, { settings }: Foundation) =>
  new Wait(scope, name, { time: WaitTime.duration(Duration.seconds(settings.pollSeconds)) })
