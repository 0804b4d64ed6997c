import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InstanceType,
  NatProvider,
  NatTrafficDirection,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { endHandlerLogs } from '../constructs/handler-logs.ts'
import type { StageSettings } from '../stages.ts'

export type NetworkStackProps = StackProps & {
  /** Every physical name begins with it. */
  prefix: string
  settings: StageSettings
}

const nats = {
  // About a tenth of a gateway's price; when it fails, outgoing calls fail until it is replaced.
  instance: () => {
    const provider = NatProvider.instanceV2({
      instanceType: new InstanceType('t4g.nano'),
      associatePublicIpAddress: true,
      defaultAllowedTraffic: NatTrafficDirection.OUTBOUND_ONLY,
    })
    // Not by `connections`, which would also let the group send more than its own rules say.
    const admit = (group: SecurityGroup) =>
      provider.securityGroup.addIngressRule(group, Port.allTraffic(), 'What it is to forward')
    return { provider, admit }
  },
  gateway: () => ({ provider: NatProvider.gateway(), admit: () => {} }),
}

/** The private network: S3 and DynamoDB by gateway endpoints, the rest of the way out by NAT. */
export class NetworkStack extends Stack {
  readonly vpc: Vpc
  readonly applicationGroup: SecurityGroup
  readonly mediaTaskGroup: SecurityGroup

  constructor(scope: Construct, id: string, { prefix, settings, ...props }: NetworkStackProps) {
    super(scope, id, props)
    const { nat, zones, logRetentionDays } = settings
    const { provider: natGatewayProvider, admit } = nats[nat.kind]()
    this.vpc = new Vpc(this, 'Vpc', {
      vpcName: prefix,
      ...(zones ? { availabilityZones: zones } : { maxAzs: 2 }),
      natGateways: nat.count,
      natGatewayProvider,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'application', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'data', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      gatewayEndpoints: {
        s3: { service: GatewayVpcEndpointAwsService.S3 },
        dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    })
    this.vpc.addFlowLog('Refused', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RefusedTraffic', {
          logGroupName: `/aws/vpc/${prefix}-refused`,
          retention: logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    })
    this.applicationGroup = new SecurityGroup(this, 'Application', {
      vpc: this.vpc,
      description: 'Functions',
    })
    // S3 and SQS; its image and its log go the same way. The resolver of the VPC is not subject to
    // groups.
    this.mediaTaskGroup = new SecurityGroup(this, 'MediaTask', {
      vpc: this.vpc,
      description: 'The media task',
      allowAllOutbound: false,
    })
    this.mediaTaskGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS')
    for (const group of [this.applicationGroup, this.mediaTaskGroup]) admit(group)
    endHandlerLogs(this, logRetentionDays)
  }
}
