import { inventedName, resourceKind } from '../cloud.ts'
import type { GenerateSecretString } from '../services/secrets.ts'

type Secret = { Name?: string; SecretString?: string; GenerateSecretString?: GenerateSecretString }

export const secret = resourceKind<Secret>('AWS::SecretsManager::Secret', async (resource, cloud) => {
  const arn = await cloud.secrets.define(resource.properties.Name ?? inventedName(resource, 200), resource.properties)
  return { ref: arn, attributes: { Id: arn } }
})

/** Adds connection data to a database's secret; DATABASE_URL says all of it here. */
export const secretTargetAttachment = resourceKind<{ SecretId: string }>(
  'AWS::SecretsManager::SecretTargetAttachment',
  ({ properties }) => ({
    ref: properties.SecretId,
    attributes: { Id: properties.SecretId },
  }),
)
