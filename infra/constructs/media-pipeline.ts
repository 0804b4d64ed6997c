import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  Parallel,
  Pass,
  StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { MediaTaskMode } from '../../shared/contract/media-report.ts'
import { MEDIA_PROBLEM } from '../../shared/contract/pipeline.ts'
import type { Foundation } from '../foundation.ts'
import type { FunctionName } from '../functions.ts'
import type { MediaTask } from './media-task.ts'
import { lambdaState, mediaTaskState, waitState } from './pipeline-states.ts'

export type PipelineFunctions = Record<Extract<FunctionName, `pipeline-${string}`>, IFunction>

export type MediaPipelineProps = {
  /** Names, limits, the queue for what cannot be delivered. */
  foundation: Foundation
  /** The functions of its Lambda states. */
  functions: PipelineFunctions
  /** The container that its states run. */
  task: MediaTask
}

/**
 * The workflow from an arrived file to a processed video. JSONPath throughout: the local engine
 * runs the same definition and knows no JSONata.
 */
export class MediaPipeline extends Construct {
  readonly stateMachine: StateMachine
  /** Calls `pipeline-fail` for executions that ended without running their own Catch. */
  readonly endings: Rule

  constructor(scope: Construct, id: string, { foundation, functions, task }: MediaPipelineProps) {
    super(scope, id)
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: `${foundation.prefix}-pipeline`,
      definitionBody: DefinitionBody.fromChainable(this.define(functions, task, foundation)),
      timeout: Duration.millis(foundation.settings.videoProcessingTimeoutMs),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        // Payloads name people's files.
        includeExecutionData: false,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${foundation.prefix}-pipeline`,
          retention: foundation.settings.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    })
    this.endings = new Rule(this, 'Endings', {
      description: 'An execution that timed out or was aborted runs no Catch of its own',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [this.stateMachine.stateMachineArn],
          status: ['TIMED_OUT', 'ABORTED', 'FAILED'],
        },
      },
      targets: [
        new LambdaFunction(functions['pipeline-fail'], {
          deadLetterQueue: foundation.undelivered,
          retryAttempts: 5,
          maxEventAge: Duration.hours(2),
        }),
      ],
    })
  }

  private define(functions: PipelineFunctions, task: MediaTask, foundation: Foundation): IChainable {
    const failure = this.recordFailure(functions['pipeline-fail'])
    const catchAll = { errors: ['States.ALL'], resultPath: '$.error' }
    const publish = lambdaState(this, 'Publish', functions['pipeline-publish']).addCatch(failure, catchAll)
    const produce = new Parallel(this, 'Produce', { resultPath: JsonPath.DISCARD })
      .branch(this.understand(functions, task, foundation))
      .branch(
        this.untilDone('playback', functions['pipeline-transcode'], foundation, new Pass(this, 'Transcoded')),
      )
      .addCatch(failure, catchAll)
      .next(publish)
    // Before the branches, so that no further container starts for a file that Normalise has
    // refused.
    const transcode = this.start('playback', functions['pipeline-transcode'])
      .addCatch(failure, catchAll)
      .next(produce)
    const record = this.record('normalise', functions).addCatch(failure, catchAll).next(transcode)
    const normalise = mediaTaskState(this, 'Normalise', 'normalise', task, foundation)
      .addCatch(failure, catchAll)
      .next(record)
    const inspect = lambdaState(this, 'Inspect', functions['pipeline-inspect'], { result: 'film' })
      .addCatch(failure, catchAll)
      .next(
        new Choice(this, 'Must it be normalised?')
          .when(Condition.booleanEquals('$.film.normalise', true), normalise)
          .otherwise(transcode),
      )
    const admit = lambdaState(this, 'Admit', functions['pipeline-admit'], { result: 'admit' }).addCatch(
      failure,
      catchAll,
    )
    const place = new Choice(this, 'Is there a place?')
      .when(Condition.stringEquals('$.admit.decision', 'run'), inspect)
      .when(
        Condition.stringEquals('$.admit.decision', 'wait'),
        waitState(this, 'Wait for a place', foundation).next(admit),
      )
      .otherwise(
        new Succeed(this, 'Not needed', { comment: 'A newer run has taken over, or the video was deleted' }),
      )
    return admit.next(place)
  }

  /**
   * Sound and pictures, then words, then the summary. One that fails is not tried again here: the
   * video is published, and the worker writes it.
   */
  private understand(functions: PipelineFunctions, task: MediaTask, foundation: Foundation): IChainable {
    const understood = new Pass(this, 'Understood')
    const summarise = lambdaState(this, 'Summarise', functions['pipeline-summarise'], { retries: [] })
      .addCatch(understood, { errors: ['States.ALL'], resultPath: '$.summaryError' })
      .next(understood)
    const transcribe = functions['pipeline-transcribe']
    return mediaTaskState(this, 'Extract', 'extract', task, foundation)
      .next(this.record('extract', functions))
      .next(this.start('transcript', transcribe))
      .next(this.untilDone('transcript', transcribe, foundation, summarise))
  }

  /** Records the report of the media task. A file that it has refused ends the run here. */
  private record(mode: MediaTaskMode, functions: PipelineFunctions) {
    return lambdaState(this, `Record ${mode}`, functions['pipeline-record'], { mode, result: 'film' })
  }

  /** Starts a job of another service. */
  private start(what: string, lambda: IFunction) {
    return lambdaState(this, `Start ${what}`, lambda, { action: 'start', result: what })
  }

  /** Asks after a job that was started until it is done. */
  private untilDone(what: string, lambda: IFunction, foundation: Foundation, then: IChainable): IChainable {
    const check = lambdaState(this, `Check ${what}`, lambda, { action: 'check', result: what })
    const done = new Choice(this, `Is the ${what} done?`)
      .when(Condition.booleanEquals(`$.${what}.done`, true), then)
      .otherwise(waitState(this, `Wait for the ${what}`, foundation).next(check))
    check.next(done)
    return done
  }

  /**
   * A file that cannot be processed is an outcome; anything else is a fault of ours and ends as a
   * failed execution.
   */
  private recordFailure(lambda: IFunction): IChainable {
    return lambdaState(this, 'Record the failure', lambda, { error: JsonPath.objectAt('$.error') }).next(
      new Choice(this, 'Is the file at fault?')
        .when(
          Condition.stringEquals('$.error.Error', MEDIA_PROBLEM),
          new Succeed(this, 'Refused', {
            comment: 'The owner sees the reason, or has deleted the video',
          }),
        )
        .otherwise(new Fail(this, 'Failed', { errorPath: '$.error.Error', causePath: '$.error.Cause' })),
    )
  }
}
