import { functionNameOf } from '../../iam/arn.ts'
import { resourceKind } from '../cloud.ts'

/** There is one version of a function here; a published one is another name for it. */
export const lambdaVersion = resourceKind<{ FunctionName: string }>('AWS::Lambda::Version', ({ properties }, { region, account }) => {
  const arn = `arn:aws:lambda:${region}:${account}:function:${functionNameOf(properties.FunctionName)}:1`
  return { ref: arn, attributes: { Version: '1', FunctionArn: arn } }
})
