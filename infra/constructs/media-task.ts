import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { SubnetType } from 'aws-cdk-lib/aws-ec2'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import {
  Capability,
  Cluster,
  type ContainerDefinition,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs'
import { Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { environmentOf } from '../environment.ts'
import type { Foundation } from '../foundation.ts'
import { mediaTask } from '../functions.ts'
import { statementsFor } from './grants.ts'

export type MediaTaskProps = {
  /** The network it runs in and what it may use. */
  foundation: Foundation
  /**
   * The build context of the image: the repository, of which only the Dockerfile and the bundle are
   * sent.
   */
  contextDir: string
}

/** The folder of the container that can be written to, as its Dockerfile names it. */
const WORK_FOLDER = '/work'

/**
 * All that a container has by default but CHOWN, KILL, SETGID and SETUID: with these the task gives
 * ffmpeg a user of its own and ends it. Fargate refuses to drop ALL and add these again.
 */
const DROPPED_CAPABILITIES = [
  ...[
    Capability.AUDIT_WRITE,
    Capability.DAC_OVERRIDE,
    Capability.FOWNER,
    Capability.FSETID,
    Capability.MKNOD,
  ],
  ...[
    Capability.NET_BIND_SERVICE,
    Capability.NET_RAW,
    Capability.SETFCAP,
    Capability.SETPCAP,
    Capability.SYS_CHROOT,
  ],
]

/**
 * The container that runs FFmpeg: longer and larger than a Lambda function may be. Nothing runs
 * between tasks.
 */
export class MediaTask extends Construct {
  readonly cluster: Cluster
  readonly definition: FargateTaskDefinition
  readonly container: ContainerDefinition
  readonly subnets = { subnetType: SubnetType.PRIVATE_WITH_EGRESS }
  private readonly family: string

  constructor(scope: Construct, id: string, { foundation, contextDir }: MediaTaskProps) {
    super(scope, id)
    const { mediaTask: size, logRetentionDays } = foundation.settings
    this.family = `${foundation.prefix}-media-task`
    this.cluster = new Cluster(this, 'Cluster', {
      clusterName: foundation.prefix,
      vpc: foundation.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    })
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      family: this.family,
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMb,
      ephemeralStorageGiB: size.diskGb,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    })
    this.container = this.definition.addContainer('Container', {
      containerName: 'media-task',
      image: ContainerImage.fromAsset(contextDir, {
        file: 'media-task/Dockerfile',
        exclude: ['*', '!media-task/Dockerfile', '!dist/media-task'],
        platform: Platform.LINUX_ARM64,
      }),
      environment: environmentOf(mediaTask.environment, foundation),
      readonlyRootFilesystem: true,
      linuxParameters: this.linuxParameters(),
      logging: LogDrivers.awsLogs({
        streamPrefix: 'media-task',
        logGroup: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/ecs/${foundation.prefix}-media-task`,
          retention: logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    })
    this.definition.addVolume({ name: 'work' })
    this.container.addMountPoints({ sourceVolume: 'work', containerPath: WORK_FOLDER, readOnly: false })
    for (const use of mediaTask.uses)
      for (const statement of statementsFor(this, use, foundation))
        this.definition.addToTaskRolePolicy(statement)
  }

  private linuxParameters() {
    const parameters = new LinuxParameters(this, 'Linux')
    parameters.dropCapabilities(...DROPPED_CAPABILITIES)
    return parameters
  }

  /**
   * Lets a role start any revision. The pipeline names the family, so an execution that began
   * before a deployment starts the revision after it.
   */
  allowRunBy(role: IRole) {
    const revisions = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task-definition',
      resourceName: `${this.family}:*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    })
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['ecs:RunTask'], resources: [revisions] }))
    // CDK lets it pass the roles of the task on without a condition.
    role.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['iam:PassRole'],
        resources: ['*'],
        conditions: { StringNotEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    )
  }
}
