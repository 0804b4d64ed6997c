import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { alarmRows } from '../alarms.ts'
import { Budget } from '../constructs/budget.ts'
import { Monitoring } from '../constructs/monitoring.ts'
import type { ApiStack } from './api-stack.ts'
import type { DataStack } from './data-stack.ts'
import type { MediaStack } from './media-stack.ts'

export type OperationsStackProps = StackProps & { data: DataStack; media: MediaStack; api: ApiStack }

/** Alarms, a dashboard and a budget. Nothing here serves a user. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, { data, media, api, ...props }: OperationsStackProps) {
    super(scope, id, props)
    const { prefix, settings } = data.foundation
    const { stateMachine } = media.pipeline
    const rest = api.rest.api
    const { alarmEmail, monthlyBudgetUsd } = settings
    if (alarmEmail)
      new Budget(this, 'Budget', { name: prefix, monthlyUsd: monthlyBudgetUsd, email: alarmEmail })
    new Monitoring(this, 'Monitoring', {
      prefix,
      alarmEmail,
      alarms: alarmRows({ data, media, api }),
      graphs: [
        {
          title: 'Requests',
          metrics: [rest.metricCount(), rest.metricClientError(), rest.metricServerError()],
        },
        {
          title: 'Latency',
          metrics: [rest.metricLatency({ statistic: 'p50' }), rest.metricLatency({ statistic: 'p95' })],
        },
        {
          title: 'Videos',
          metrics: [
            stateMachine.metricStarted(),
            stateMachine.metricSucceeded(),
            stateMachine.metricFailed(),
          ],
        },
        {
          title: 'Time to processed',
          metrics: [
            stateMachine.metricTime({ statistic: 'p50' }),
            stateMachine.metricTime({ statistic: 'p95' }),
          ],
        },
        {
          title: 'Waiting messages',
          metrics: Object.values(data.queues).map(({ queue }) =>
            queue.metricApproximateNumberOfMessagesVisible(),
          ),
        },
        {
          title: 'Database',
          metrics: [
            data.database.instance.metricCPUUtilization(),
            data.database.instance.metricDatabaseConnections(),
          ],
        },
      ],
    })
  }
}
