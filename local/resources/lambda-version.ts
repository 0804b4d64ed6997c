import { functionNameOf } from '../arn.ts'
import { resourceKind } from '../cloud.ts'

/** There is one version of a function here; published versions and aliases are other names for it. */
export const lambdaVersion = resourceKind<{ FunctionName: string; Name?: string }>(
  ['AWS::Lambda::Version', 'AWS::Lambda::Alias'],
  ({ properties }, { region, account }) => {
    const arn = `arn:aws:lambda:${region}:${account}:function:${functionNameOf(properties.FunctionName)}:${properties.Name ?? 1}`
    return { ref: arn, attributes: { Version: '1', FunctionArn: arn, AliasArn: arn } }
  },
)
