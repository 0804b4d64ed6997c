import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { routes } from '../../shared/contract/index.ts'
import { functionsOf } from '../constructs/functions-of.ts'
import type { NodeFunction } from '../constructs/node-function.ts'
import { RealtimeApi } from '../constructs/realtime-api.ts'
import { RestApi } from '../constructs/rest-api.ts'
import type { Foundation } from '../foundation.ts'
import type { FunctionName } from '../functions.ts'

export type ApiStackProps = StackProps & { foundation: Foundation }

/**
 * All that clients talk to: the REST API of the contract, the WebSocket API, and the functions
 * behind them.
 */
export class ApiStack extends Stack {
  readonly rest: RestApi
  readonly realtime: RealtimeApi
  readonly functions: Partial<Record<FunctionName, NodeFunction>>

  constructor(scope: Construct, id: string, { foundation, ...props }: ApiStackProps) {
    super(scope, id, props)
    const { prefix, settings } = foundation
    this.realtime = new RealtimeApi(this, 'WebSocket', { prefix, settings })
    this.functions = functionsOf(this, 'api', { ...foundation, realtime: this.realtime })
    this.realtime.serveWith(this.functions.realtime!)
    this.rest = new RestApi(this, 'Rest', { prefix, settings, routes, functions: this.functions })
    // A stage with access logs can only be made when the account's logging role is set.
    this.realtime.stage.node.addDependency(this.rest.api.node.findChild('Account'))
    new CfnOutput(this, 'RestUrl', {
      value: this.rest.api.deploymentStage.urlForPath(),
      description: 'Address of the REST API',
    })
    new CfnOutput(this, 'WebSocketUrl', {
      value: this.realtime.stage.url,
      description: 'Address of the WebSocket API',
    })
  }
}
