import { inventedName, resourceKind } from '../../deploy/cloud.ts'
import { credentialsIn } from '../../engines/database-address.ts'
import type { GenerateSecretString } from './server.ts'

type Secret = { Name?: string; SecretString?: string; GenerateSecretString?: GenerateSecretString }

const secret = resourceKind<Secret>('AWS::SecretsManager::Secret', async (resource, cloud) => {
  const arn = await cloud.secrets.define(
    resource.properties.Name ?? inventedName(resource, 200),
    resource.properties,
  )
  return { ref: arn, attributes: { Id: arn } }
})

/**
 * Makes a secret that of a database. Here the database was there first, with a user and a password
 * of its own: the secret tells them.
 */
const secretTargetAttachment = resourceKind<{ SecretId: string }>(
  'AWS::SecretsManager::SecretTargetAttachment',
  ({ properties: { SecretId } }, cloud) => {
    cloud.secrets.put(
      SecretId,
      JSON.stringify({
        ...JSON.parse(cloud.secrets.valueOf(SecretId) ?? '{}'),
        ...credentialsIn(cloud.databaseUrl),
      }),
    )
    return { ref: SecretId, attributes: { Id: SecretId } }
  },
)

export const secretsManagerResources = [secret, secretTargetAttachment]
