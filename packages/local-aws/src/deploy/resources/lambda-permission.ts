import { functionNameOf } from '../../iam/arn.ts'
import { inventedName, resourceKind } from '../cloud.ts'

type Permission = { FunctionName: string; Principal: string; SourceArn?: string }

export const lambdaPermission = resourceKind<Permission>('AWS::Lambda::Permission', (resource, cloud) => {
  const { FunctionName, Principal, SourceArn } = resource.properties
  cloud.permissions.push({ functionName: functionNameOf(FunctionName), principal: Principal, sourceArn: SourceArn })
  return { ref: inventedName(resource, 100) }
})
