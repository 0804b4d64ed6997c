import { Stack, type StackProps } from 'aws-cdk-lib'
import { Trigger } from 'aws-cdk-lib/triggers'
import type { Construct } from 'constructs'
import { endHandlerLogs } from '../constructs/handler-logs.ts'
import { NodeFunction } from '../constructs/node-function.ts'
import type { Foundation } from '../foundation.ts'

export type MigrationsStackProps = StackProps & { foundation: Foundation }

/**
 * Applies the migrations after the data stack and before every function that needs them. A stack
 * of its own: a failing migration rolls back nothing but itself.
 */
export class MigrationsStack extends Stack {
  constructor(scope: Construct, id: string, { foundation, ...props }: MigrationsStackProps) {
    super(scope, id, props)
    const migrate = new NodeFunction(this, 'Migrate', { name: 'migrate', foundation })
    new Trigger(this, 'RunMigrations', { handler: migrate, timeout: migrate.timeout })
    endHandlerLogs(this, foundation.settings.logRetentionDays)
  }
}
