/**
 * Replaces `{{resolve:secretsmanager:<arn>:SecretString:<key>:<stage>:<version>}}` in every text
 * inside `value` by the secret, or by one key of it.
 */
export const resolveSecrets = (value: unknown, secretOf: (arn: string) => string | undefined): unknown => {
  if (typeof value === 'string')
    return value.replace(
      /\{\{resolve:secretsmanager:(arn(?::[^:}]*){6}):SecretString(?::([^:}]*))?[^}]*\}\}/g,
      (_, arn: string, key?: string) => {
        const secret = secretOf(arn)
        if (secret === undefined) throw new Error(`the template reads ${arn} before it is there`)
        return key ? String(JSON.parse(secret)[key]) : secret
      },
    )
  if (Array.isArray(value)) return value.map(item => resolveSecrets(item, secretOf))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveSecrets(item, secretOf)]))
}
