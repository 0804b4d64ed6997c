import { CfnResource, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { NodeFunction } from './node-function.ts'

/**
 * Ends the logs of the functions that CDK adds to a stack for its custom resources. Called when the
 * stack is complete.
 */
export const endHandlerLogs = (stack: Stack, retention: RetentionDays) => {
  const resources = stack.node.findAll().filter(CfnResource.isCfnResource)
  const ofType = (type: RegExp) => resources.filter(({ cfnResourceType }) => type.test(cfnResourceType))
  for (const handler of ofType(/^AWS::Lambda::Function$/)) {
    if (handler.node.scope instanceof NodeFunction) continue
    const logs = new LogGroup(stack, `${handler.node.scope!.node.id}Logs`, {
      logGroupName: `/aws/lambda/${handler.ref}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    // Lambda makes the group with the first line, unless it is there.
    for (const resource of ofType(/^Custom::/)) resource.node.addDependency(logs)
  }
}
