import { Aws, RemovalPolicy } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** One alarm. */
export type AlarmRow = {
  /** The end of its name, and its heading in docs/runbook.md. */
  name: string
  /** The loss of a user while it rings, and what the operator does first. */
  description: string
  metric: IMetric
  threshold: number
  /** In how many of the metric's periods in a row. @default 1 */
  periods?: number
  /** @default 'above' */
  when?: 'above' | 'below'
  /** How missing data counts. @default 'fine' */
  missing?: 'fine' | 'alarm'
}

export type MonitoringProps = {
  /** Every physical name begins with it. */
  prefix: string
  /** Every alarm; see alarms.ts. */
  alarms: AlarmRow[]
  /** Graphs of the dashboard, two a row. */
  graphs: { title: string; metrics: IMetric[] }[]
  /** The address that gets a mail. Absent: the topic has no subscriber. */
  alarmEmail?: string
}

const comparison = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const

/** The alarms, the topic that they ring, and one page of graphs. */
export class Monitoring extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, { prefix, alarms, graphs, alarmEmail }: MonitoringProps) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      topicName: `${prefix}-alarms`,
      displayName: 'AI Video Hub alarms',
      enforceSSL: true,
    })
    if (alarmEmail)
      this.topic.addSubscription(
        new EmailSubscription(alarmEmail, { deadLetterQueue: this.undeliveredMails(prefix) }),
      )
    // The policy that demands TLS replaces the one under which CloudWatch of the same account may
    // publish.
    this.topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    const ring = new SnsAction(this.topic)
    for (const {
      name,
      description,
      metric,
      threshold,
      periods = 1,
      when = 'above',
      missing = 'fine',
    } of alarms) {
      const alarm = new Alarm(this, name, {
        alarmName: `${prefix}-${name}`,
        alarmDescription: description,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: comparison[when],
        treatMissingData: missing === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      })
      alarm.addAlarmAction(ring)
      alarm.addOkAction(ring)
    }
    this.draw(prefix, graphs)
  }

  private draw(prefix: string, graphs: MonitoringProps['graphs']) {
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: prefix })
    dashboard.addWidgets(
      new TextWidget({
        markdown: 'What each alarm means and what to do: docs/runbook.md',
        width: 24,
        height: 1,
      }),
    )
    const widgets = graphs.map(
      ({ title, metrics }) => new GraphWidget({ title, left: metrics, width: 12, height: 6 }),
    )
    for (let i = 0; i < widgets.length; i += 2) dashboard.addWidgets(...widgets.slice(i, i + 2))
  }

  private undeliveredMails(prefix: string) {
    return new Queue(this, 'UndeliveredMails', {
      queueName: `${prefix}-undelivered-mails`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }
}
