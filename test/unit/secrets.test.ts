import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openKeyring } from '../../packages/local-aws/src/iam/keyring.ts'
import { startSecrets } from '../../packages/local-aws/src/services/secrets-manager/server.ts'
import { createSecretReader } from '../../shared/aws/secrets.ts'
import { signPost } from '../../shared/aws/sign-request.ts'

const config = (endpoint: string, key: { accessKeyId: string; secretAccessKey: string }) => ({
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  AWS_SESSION_TOKEN: undefined,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
})

describe('reading a secret', () => {
  it('sends one GetSecretValue, signed by the function’s own key, and remembers the value', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'secrets-'))
    onTestFinished(() => rm(stateDir, { recursive: true }))
    const keyring = openKeyring(stateDir)
    const secrets = await startSecrets({
      port: 0,
      stateDir,
      region: 'us-east-1',
      account: '000000000000',
      keyring,
    })
    const arn = await secrets.define('hub/auth', { SecretString: '{"JWT_SECRET":"x"}' })
    const read = createSecretReader(config(secrets.url, keyring.operator))
    expect(await read(arn)).toBe('{"JWT_SECRET":"x"}')

    const stranger = createSecretReader(config(secrets.url, keyring.issue('a-role-without-rights')))
    await expect(stranger(arn)).rejects.toThrow(/cannot be read.*AccessDenied/)
    const forger = createSecretReader(
      config(secrets.url, { ...keyring.operator, secretAccessKey: 'guessed' }),
    )
    await expect(forger(arn)).rejects.toThrow('cannot be read')

    await secrets.close()
    expect(await read(arn)).toBe('{"JWT_SECRET":"x"}')
  })

  it.each([
    ['an outage', 503, '{}'],
    [
      'throttling, which the JSON protocol reports as status 400',
      400,
      '{"__type":"com.amazonaws#ThrottlingException"}',
    ],
  ])('tries again after %s', async (_, status, body) => {
    let calls = 0
    const server = createServer((_request, response) => {
      if (++calls < 3) response.writeHead(status).end(body)
      else response.end(JSON.stringify({ SecretString: 'value' }))
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await createSecretReader(config(url, { accessKeyId: 'a', secretAccessKey: 'b' }))('any')).toBe(
      'value',
    )
    server.close()
  })
})

describe('signing a request', () => {
  it('agrees with AWS’s own signer, with and without a session token', async () => {
    class Sha256 {
      hash: Hash | Hmac
      constructor(secret?: string) {
        this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
      }
      update(data: Uint8Array) {
        this.hash.update(data)
      }
      async digest() {
        return new Uint8Array(this.hash.digest())
      }
    }
    const now = new Date('2026-03-04T05:06:07.890Z')
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    }
    for (const sessionToken of [undefined, 'token/+=']) {
      const key = {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        ...(sessionToken ? { sessionToken } : {}),
      }
      const host = 'secretsmanager.us-east-1.amazonaws.com'
      const signer = new SignatureV4({
        service: 'secretsmanager',
        region: 'us-east-1',
        sha256: Sha256 as never,
        credentials: key,
        applyChecksum: false,
      })
      const request = {
        method: 'POST',
        protocol: 'https:',
        hostname: host,
        path: '/',
        headers: { ...headers, host },
        body: '{"SecretId":"ä"}',
      }
      const theirs = await signer.sign(request, { signingDate: now })
      const ours = signPost(
        { host, region: 'us-east-1', service: 'secretsmanager', headers, body: request.body, now },
        key,
      )
      expect(ours.authorization).toBe(theirs.headers.authorization)
    }
  })
})
