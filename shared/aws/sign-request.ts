import { createHash, createHmac } from 'node:crypto'

export type SigningKey = { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * The headers of a POST to `/` signed with AWS Signature Version 4
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). For
 * the one request of AWS's JSON protocol that is made without an SDK client: @smithy/signature-v4
 * brings 137 kB of @smithy/core into a bundle.
 */
export const signPost = (
  o: {
    host: string
    region: string
    service: string
    headers: Record<string, string>
    body: string
    now: Date
  },
  key: SigningKey,
): Record<string, string> => {
  const time = o.now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${o.region}/${o.service}/aws4_request`
  const signed: Record<string, string> = {
    ...o.headers,
    host: o.host,
    'x-amz-date': time,
    ...(key.sessionToken ? { 'x-amz-security-token': key.sessionToken } : {}),
  }
  const names = Object.keys(signed).sort()
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map(name => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    sha256(o.body),
  ].join('\n')
  const dateKey = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${key.secretAccessKey}`)
  const signature = hmac(dateKey, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { ...signed, authorization }
}
