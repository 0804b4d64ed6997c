import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Keyring } from '../../iam/keyring.ts'
import { serveLocally } from '../../machine/listen.ts'
import { openBlobs } from './blobs.ts'
import { type BucketSettings, type BucketState, requireAllowed } from './bucket-state.ts'
import { createBucket } from './buckets.ts'
import { openCatalog } from './catalog.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { startDelivery } from './notifications.ts'
import { findOperation } from './operations.ts'
import { postObject } from './post-object.ts'
import { isS3Error, type S3Error, s3Error } from './s3-error.ts'
import { type Answer, readRequest, type S3Request } from './s3-request.ts'
import { authenticate } from './signature.ts'
import { toXml } from './xml.ts'

export type S3Options = {
  port: number
  dataDir: string
  region: string
  keyring: Keyring
  /** Hands one S3 event to a queue; called again later when it rejects. */
  notify: (queueArn: string, body: string) => Promise<void>
  log?: (line: object) => void
}

export type S3 = {
  url: string
  /** Creates the bucket when it is not there; its settings last until the server stops. */
  defineBucket: (name: string, settings: BucketSettings) => void
  close: () => Promise<void>
}

const answerRequest = async (
  state: BucketState,
  request: S3Request,
  describe: (operation: string) => void,
): Promise<Answer> => {
  const { method, bucket, key, query } = request
  if (method === 'POST' && key === '' && !('delete' in query)) {
    describe(postObject.name)
    return postObject(state, request)
  }
  const { level, action, run } = findOperation(request)
  describe(run.name)
  const identity = await authenticate(request, state.trust)
  if (action)
    requireAllowed(state, identity, action, {
      bucket: level === 'account' ? '*' : bucket,
      key,
      prefix: query.prefix,
    })
  const isMissing = level !== 'account' && run !== createBucket && !state.catalog.hasBucket(bucket)
  if (isMissing) throw s3Error('NoSuchBucket', undefined, { BucketName: bucket })
  return run(state, request, identity)
}

const errorAnswer = (error: S3Error, message: IncomingMessage, requestId: string): Answer => {
  const Resource = (message.url ?? '/').split('?')[0]
  const body = toXml('Error', {
    Code: error.code,
    Message: error.message,
    ...error.details,
    Resource,
    RequestId: requestId,
  })
  return { status: error.status, body: message.method === 'HEAD' ? undefined : body }
}

const send = async (response: ServerResponse, { status, headers = {}, body }: Answer): Promise<void> => {
  if (typeof body !== 'object') {
    const type =
      body === undefined
        ? {}
        : { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) }
    response.writeHead(status, { ...type, ...headers }).end(body)
    return
  }
  response.writeHead(status, headers)
  await pipeline(body, response)
}

/**
 * An S3 for one machine: what SDKs, presigned URLs, browsers' forms and the aws CLI say over the
 * wire, kept on disk.
 */
export const startS3 = async ({
  port,
  dataDir,
  region,
  keyring,
  notify,
  log = () => {},
}: S3Options): Promise<S3> => {
  await mkdir(dataDir, { recursive: true })
  const catalog = openCatalog(join(dataDir, 'catalog.sqlite'))
  const blobs = openBlobs(join(dataDir, 'blobs'))
  await blobs.sweep(catalog.filesInUse())
  const delivery = startDelivery(catalog, notify, log)
  const state: BucketState = {
    catalog,
    blobs,
    trust: { keyring, region },
    settings: new Map(),
    wakeDelivery: delivery.wake,
  }

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now()
    const id = randomUUID()
    let operation = 'unknown'
    let answer: Answer
    let cause: unknown
    response.setHeader('x-amz-request-id', id)
    response.setHeader('server', 'AmazonS3')
    try {
      const request = readRequest(message, id)
      const rules = state.settings.get(request.bucket)?.cors ?? []
      if (request.method === 'OPTIONS') {
        operation = 'preflight'
        answer = { status: 200, headers: preflightHeaders(rules, request.headers) }
      } else {
        for (const [name, value] of Object.entries(corsHeaders(rules, request.method, request.headers)))
          response.setHeader(name, value)
        answer = await answerRequest(state, request, name => {
          operation = name
        })
      }
    } catch (error) {
      cause = error
      answer = errorAnswer(isS3Error(error) ? error : s3Error('InternalError'), message, id)
    }
    // A client that goes away in the middle is its own business.
    await send(response, answer).catch(() => response.destroy())
    const error = cause && (isS3Error(cause) ? cause.code : String(cause))
    const path = message.url?.split('?')[0]
    log({
      operation,
      path,
      status: answer.status,
      ...(error ? { error } : {}),
      durationMs: Math.round(performance.now() - startedAt),
    })
  }

  const listening = await serveLocally((message, response) => void handle(message, response), {
    port,
    requestTimeout: 0,
  })

  return {
    url: listening.url,
    defineBucket: (name, settings) => {
      catalog.createBucket(name)
      state.settings.set(name, settings)
    },
    close: async () => {
      await listening.close()
      await delivery.close()
      catalog.close()
    },
  }
}
