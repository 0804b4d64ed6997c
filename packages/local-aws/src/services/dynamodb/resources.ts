import type { CreateTableCommandInput, GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb'
import { inventedName, resourceKind } from '../../deploy/cloud.ts'

type Table = Pick<CreateTableCommandInput, 'TableName' | 'AttributeDefinitions' | 'KeySchema'> & {
  GlobalSecondaryIndexes?: GlobalSecondaryIndex[]
  TimeToLiveSpecification?: { AttributeName?: string; Enabled: boolean }
}

const dynamodbTable = resourceKind<Table>('AWS::DynamoDB::GlobalTable', async (resource, cloud) => {
  const { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, TimeToLiveSpecification } =
    resource.properties
  const name = TableName ?? inventedName(resource, 255)
  const indexes = GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }))
  await cloud.dynamodb.createTable(
    {
      TableName: name,
      AttributeDefinitions,
      KeySchema,
      ...(indexes?.length ? { GlobalSecondaryIndexes: indexes } : {}),
      BillingMode: 'PAY_PER_REQUEST',
    },
    TimeToLiveSpecification?.Enabled ? TimeToLiveSpecification.AttributeName : undefined,
  )
  return { ref: name, attributes: { Arn: `arn:aws:dynamodb:${cloud.region}:${cloud.account}:table/${name}` } }
})

export const dynamodbResources = [dynamodbTable]
