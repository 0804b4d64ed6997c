import { functionNameOf } from '../../iam/arn.ts'
import { resourceKind } from '../cloud.ts'

/** CDK's Trigger: a function that runs once in the middle of the deployment, such as the migrations. */
export const trigger = resourceKind<{ HandlerArn: string; InvocationType?: string }>('Custom::Trigger', async (resource, cloud) => {
  const name = functionNameOf(resource.properties.HandlerArn)
  const invoked = cloud.lambda.invoke(name, {})
  if (resource.properties.InvocationType === 'Event') return { ref: resource.logicalId }
  const result = await invoked
  if (!result.ok) throw new Error(`${name}, which runs during the deployment, failed: ${result.errorType}: ${result.errorMessage}`)
  return { ref: resource.logicalId }
})
